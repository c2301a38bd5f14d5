/**
 * The first process of each sandbox, which holds its namespaces: it waits for SIGTERM or SIGINT and ends. Children whose
 * parents ended become its own where processes are shared; the kernel takes them away, as SIGCHLD is ignored.
 * So small that its machine code is written here, system call by system call:
 *
 *   rt_sigaction(SIGCHLD, ignore); rt_sigprocmask(BLOCK, {INT, TERM});
 *   while (rt_sigtimedwait({INT, TERM}) <= 0); exit_group(0);
 *
 * Waiting for blocked signals needs no handlers, and the kernel keeps them for process 1 where it would drop unhandled ones.
 */

const base = 0x400000;
const headerSize = 64 + 56;
const sigchld = 17;
const waitedFor = (1 << (2 - 1)) | (1 << (15 - 1)); // INT and TERM
const ignoreAction = 1;
const setSize = 8;

interface Machine {
  /** As ELF numbers machines. */
  readonly id: number;
  /** The program, given where its data lie: the action first, the signal set after it. */
  readonly code: (action: number, set: number) => Buffer;
}

const actionSize = 32;

function x64(action: number, set: number): Buffer {
  const at = (address: number) => [address & 255, (address >> 8) & 255, (address >> 16) & 255, (address >> 24) & 255];
  const eax = (value: number) => [0xb8, ...at(value)];
  const edi = (value: number) => [0xbf, ...at(value)];
  const esi = (value: number) => [0xbe, ...at(value)];
  const zeroEdi = [0x31, 0xff];
  const zeroEsi = [0x31, 0xf6];
  const zeroEdx = [0x31, 0xd2];
  const r10 = (value: number) => [0x41, 0xba, ...at(value)];
  const syscall = [0x0f, 0x05];
  const wait = [...eax(128), ...edi(set), ...zeroEsi, ...zeroEdx, ...syscall, 0x85, 0xc0 /* test eax,eax */];
  const again = [0x7e, -(wait.length + 2) & 255]; // jle
  return Buffer.from([
    ...[...eax(13), ...edi(sigchld), ...esi(action), ...zeroEdx, ...r10(setSize), ...syscall],
    ...[...eax(14), ...zeroEdi, ...esi(set), ...zeroEdx, ...syscall],
    ...[...wait, ...again],
    ...[...eax(231), ...zeroEdi, ...syscall],
  ]);
}

function arm64(action: number, set: number): Buffer {
  const move = (register: number, value: number) => (0xd2800000 | (value << 5) | register) >>> 0;
  const moveHigh = (register: number, value: number) => (0xf2a00000 | (value << 5) | register) >>> 0;
  const address = (register: number, value: number) => [
    move(register, value & 0xffff),
    moveHigh(register, value >>> 16),
  ];
  const syscall = 0xd4000001;
  const wait = [move(8, 137), ...address(0, set), move(1, 0), move(2, 0), syscall, 0xf100001f /* cmp x0,#0 */];
  const again = (0x54000000 | ((-wait.length & 0x7ffff) << 5) | 0xd) >>> 0; // b.le
  const words = [
    ...[move(8, 134), move(0, sigchld), ...address(1, action), move(2, 0), move(3, setSize), syscall],
    ...[move(8, 135), move(0, 0), ...address(1, set), move(2, 0), syscall],
    ...[...wait, again],
    ...[move(8, 94), move(0, 0), syscall],
  ];
  const code = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => {
    code.writeUInt32LE(word, index * 4);
  });
  return code;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { id: 62, code: x64 },
  arm64: { id: 183, code: arm64 },
};

/** The program as an ELF file for the processor, named as Node names it; `undefined` for one that we know no code for. */
export function pauseProgram(arch: string): Buffer | undefined {
  const machine = machines[arch];
  if (!machine) return undefined;
  const codeSize = Math.ceil(machine.code(0, 0).length / 8) * 8;
  const action = base + headerSize + codeSize;
  const set = action + actionSize;
  const program = Buffer.alloc(headerSize + codeSize + actionSize + setSize);
  machine.code(action, set).copy(program, headerSize);
  program.writeUInt32LE(ignoreAction, action - base);
  program.writeUInt32LE(waitedFor, set - base);
  writeHeaders(program, machine.id);
  return program;
}

/** One segment, readable and executable, holds everything. */
function writeHeaders(program: Buffer, machine: number): void {
  program.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bits, little-endian, version 1
  program.writeUInt16LE(2, 16); // an executable at fixed addresses
  program.writeUInt16LE(machine, 18);
  program.writeUInt32LE(1, 20);
  program.writeUInt32LE(base + headerSize, 24); // entry
  program.writeUInt32LE(64, 32); // where the program header is
  program.writeUInt16LE(64, 52);
  program.writeUInt16LE(56, 54);
  program.writeUInt16LE(1, 56);
  program.writeUInt32LE(1, 64); // to be loaded
  program.writeUInt32LE(5, 68); // readable, executable
  program.writeUInt32LE(base, 80);
  program.writeUInt32LE(base, 88);
  program.writeUInt32LE(program.length, 96);
  program.writeUInt32LE(program.length, 104);
  program.writeUInt32LE(0x10000, 112); // the largest page of these machines
}
