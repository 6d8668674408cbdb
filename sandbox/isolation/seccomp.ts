/**
 * A classic-BPF deny list for `--seccomp`: system calls that a query worker has no use for and that have been ways out
 * of containers. A denied call fails with EPERM; a call of a foreign architecture kills the process.
 *
 * Sources: Linux `include/uapi/linux/{filter,seccomp,audit}.h`; numbers from `asm/unistd_64.h` and
 * `asm-generic/unistd.h` (aarch64); the selection follows the calls that Docker's default profile withholds.
 */

const X86_64: Readonly<Record<string, number>> = {
  ptrace: 101,
  syslog: 103,
  personality: 135,
  pivot_root: 155,
  chroot: 161,
  acct: 163,
  settimeofday: 164,
  mount: 165,
  umount2: 166,
  swapon: 167,
  swapoff: 168,
  reboot: 169,
  init_module: 175,
  delete_module: 176,
  quotactl: 179,
  clock_settime: 227,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  unshare: 272,
  perf_event_open: 298,
  name_to_handle_at: 303,
  open_by_handle_at: 304,
  setns: 308,
  process_vm_readv: 310,
  process_vm_writev: 311,
  finit_module: 313,
  kexec_file_load: 320,
  bpf: 321,
  userfaultfd: 323,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
};

const AARCH64: Readonly<Record<string, number>> = {
  umount2: 39,
  mount: 40,
  pivot_root: 41,
  chroot: 51,
  quotactl: 60,
  acct: 89,
  personality: 92,
  unshare: 97,
  kexec_load: 104,
  init_module: 105,
  delete_module: 106,
  clock_settime: 112,
  syslog: 116,
  ptrace: 117,
  reboot: 142,
  settimeofday: 170,
  add_key: 217,
  request_key: 218,
  keyctl: 219,
  swapon: 224,
  swapoff: 225,
  perf_event_open: 241,
  name_to_handle_at: 264,
  open_by_handle_at: 265,
  setns: 268,
  process_vm_readv: 270,
  process_vm_writev: 271,
  finit_module: 273,
  bpf: 280,
  userfaultfd: 282,
  kexec_file_load: 294,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
};

const TABLES: Readonly<Partial<Record<string, { audit: number; calls: Readonly<Record<string, number>> }>>> = {
  x64: { audit: 0xc000003e, calls: X86_64 },
  arm64: { audit: 0xc00000b7, calls: AARCH64 },
};

const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K
const ALLOW = 0x7fff0000;
const DENY = 0x00050001; // SECCOMP_RET_ERRNO | EPERM
const KILL = 0x80000000;
const X32_CALLS = 0x40000000;

/** The filter of an architecture, or null where none is known (bubblewrap then runs without). */
export function seccompFilter(architecture: string): Uint8Array | null {
  const table = TABLES[architecture];
  if (table === undefined) return null;
  const calls = Object.values(table.calls);
  const instructions: [code: number, jumpTrue: number, jumpFalse: number, operand: number][] = [
    [LOAD_WORD, 0, 0, 4], // seccomp_data.arch
    [JUMP_EQUAL, 1, 0, table.audit],
    [RETURN, 0, 0, KILL],
    [LOAD_WORD, 0, 0, 0], // seccomp_data.nr
    // x32 numbers alias the same calls past the list below.
    [JUMP_AT_LEAST, calls.length + 1, 0, X32_CALLS],
    ...calls.map((call, index): [number, number, number, number] => [JUMP_EQUAL, calls.length - index, 0, call]),
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, DENY],
  ];
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [index, [code, jumpTrue, jumpFalse, operand]] of instructions.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand, index * 8 + 4);
  }
  return bytes;
}
