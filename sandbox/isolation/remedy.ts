import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { namespaceToolsMissing } from './namespaces.ts';
import { findTool, TOOL_PATH } from './runtime-files.ts';

/** What a remedy is derived from. Gathered apart, so that the choice can be tested without such a machine. */
export interface HostFacts {
  readonly platform: string;
  readonly toolsMissing: readonly string[];
  readonly inContainer: boolean;
  /** `unshare --user` alone works. */
  readonly namespacesAllowed: boolean;
  readonly appArmorRestricts: boolean;
  readonly usernsCloneOff: boolean;
  readonly namespacesMaxZero: boolean;
}

export function gatherHostFacts(): HostFacts {
  const unshare = findTool('unshare');
  return {
    platform: process.platform,
    toolsMissing: process.platform === 'linux' ? namespaceToolsMissing() : [],
    inContainer: ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path)) || isContainerCgroup(),
    namespacesAllowed: unshare !== null && allowsMounts(unshare),
    appArmorRestricts: sysctl('kernel/apparmor_restrict_unprivileged_userns') === '1',
    usernsCloneOff: sysctl('kernel/unprivileged_userns_clone') === '0',
    namespacesMaxZero: sysctl('user/max_user_namespaces') === '0',
  };
}

/** The exact command or flag that mends it, most likely cause first. */
export function remedyOf(facts: HostFacts): string {
  if (facts.platform !== 'linux') {
    return 'isolation needs Linux; for development on this system choose the isolation tier `none` by name';
  }
  if (facts.toolsMissing.length > 0) {
    return `install util-linux (missing: ${facts.toolsMissing.join(', ')}): apt-get install util-linux mount, dnf install util-linux, or apk add util-linux; or install bubblewrap`;
  }
  if (facts.inContainer) {
    return 'start the container with: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined';
  }
  if (facts.namespacesMaxZero) return 'sudo sysctl -w user.max_user_namespaces=15000';
  if (facts.usernsCloneOff) return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  if (facts.appArmorRestricts) {
    return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (keep it: echo kernel.apparmor_restrict_unprivileged_userns=0 | sudo tee /etc/sysctl.d/60-sluice.conf)';
  }
  if (!facts.namespacesAllowed) {
    return 'this kernel or its security policy refuses user, mount and PID namespaces to this user: allow them, or install bubblewrap';
  }
  return 'namespaces start, but the self-test got through them: see the checks that did not hold; install bubblewrap, or choose another host';
}

function sysctl(name: string): string | null {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return null;
  }
}

function isContainerCgroup(): boolean {
  try {
    return /docker|containerd|kubepods|libpod|lxc/.test(readFileSync('/proc/1/cgroup', 'utf8'));
  } catch {
    return false;
  }
}

function allowsMounts(unshare: string): boolean {
  const args = ['--user', '--map-root-user', '--net', '--ipc', '--uts', '--pid', '--mount', '--fork', 'true'];
  return spawnSync(unshare, args, { env: { PATH: TOOL_PATH }, stdio: 'ignore', timeout: 5_000 }).status === 0;
}
