import { expect, test } from 'vitest';
import { type HostFacts, remedyOf } from '../../sandbox/isolation/remedy.ts';
import { seccompFilter } from '../../sandbox/isolation/seccomp.ts';

const HEALTHY: HostFacts = {
  platform: 'linux',
  toolsMissing: [],
  inContainer: false,
  namespacesAllowed: true,
  appArmorRestricts: false,
  usernsCloneOff: false,
  namespacesMaxZero: false,
};

test.each([
  ['macOS', { platform: 'darwin' }, '`none`'],
  ['missing programs', { toolsMissing: ['setpriv'] }, 'apt-get install util-linux'],
  ['a container', { inContainer: true }, '--security-opt seccomp=unconfined'],
  ['no namespaces allowed', { namespacesMaxZero: true }, 'user.max_user_namespaces='],
  ['Debian’s switch', { usernsCloneOff: true }, 'kernel.unprivileged_userns_clone=1'],
  ['Ubuntu’s AppArmor', { appArmorRestricts: true }, 'kernel.apparmor_restrict_unprivileged_userns=0'],
  ['any other refusal', { namespacesAllowed: false }, 'install bubblewrap'],
] satisfies [string, Partial<HostFacts>, string][])('names what mends it: %s', (_, facts, remedy) => {
  expect(remedyOf({ ...HEALTHY, ...facts })).toContain(remedy);
});

/** A tiny interpreter of the four instructions that the filter uses. */
function verdictOf(filter: Uint8Array, architecture: number, call: number): number {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let register = 0;
  for (let index = 0; index * 8 < filter.byteLength; index += 1) {
    const [code, operand] = [view.getUint16(index * 8, true), view.getUint32(index * 8 + 4, true)];
    const jump = (taken: boolean) => view.getUint8(index * 8 + (taken ? 2 : 3));
    if (code === 0x20) register = operand === 4 ? architecture : call;
    else if (code === 0x15) index += jump(register === operand);
    else if (code === 0x35) index += jump(register >= operand);
    else return operand;
  }
  throw new Error('the filter ran out');
}

test.each([
  ['x64', 0xc000003e, { ptrace: 101, mount: 165, bpf: 321, fsopen: 430 }, { read: 0, mmap: 9, futex: 202 }],
  ['arm64', 0xc00000b7, { ptrace: 117, mount: 40, bpf: 280, fsopen: 430 }, { read: 63, mmap: 222, futex: 98 }],
])('the system call filter of %s denies and allows', (name, architecture, denied, allowed) => {
  const filter = seccompFilter(name);
  if (filter === null) throw new Error('no filter');
  for (const call of Object.values(denied)) expect(verdictOf(filter, architecture, call)).toBe(0x00050001);
  for (const call of Object.values(allowed)) expect(verdictOf(filter, architecture, call)).toBe(0x7fff0000);
  expect(verdictOf(filter, 0x40000003, 0)).toBe(0x80000000); // another architecture
  expect(verdictOf(filter, architecture, 0x40000000 + 101)).toBe(0x00050001); // x32
});
