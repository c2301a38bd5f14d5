import { spawn } from "node:child_process";

/** The Debian package that brings a program, where it is not the program's name. */
const packages: Readonly<Record<string, string>> = { nft: "nftables", "iptables-restore": "iptables" };

/** Runs a program to its end and resolves with its output; rejects with what it complained of. */
export function runProgram(name: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    let complaint = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      complaint = (complaint + chunk).slice(0, 4000);
    });
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ENOENT"
          ? new Error(`${name} is not installed: apt-get install ${packages[name] ?? name}`)
          : error,
      ),
    );
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${name}: ${complaint.trim() || `exit ${code}`}`)),
    );
    child.stdin.on("error", () => {}); // it went before it had read all: its exit status tells
    child.stdin.end(input);
  });
}
