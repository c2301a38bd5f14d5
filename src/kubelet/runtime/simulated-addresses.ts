/** Hands out the addresses of an IPv4 range; a released one comes back only after all others were used. */
export class AddressPool {
  readonly #first: number;
  readonly #size: number;
  readonly #used = new Set<number>();
  #next = 0;

  constructor(cidr: string) {
    const [base = "", bits = ""] = cidr.split("/");
    // The first is the network itself, the second the bridge's, the last the broadcast address.
    this.#first = toNumber(base) + 2;
    this.#size = 2 ** (32 - Number(bits)) - 3;
  }

  take(): string {
    for (let tries = 0; tries < this.#size; tries++) {
      const offset = this.#next;
      this.#next = (this.#next + 1) % this.#size;
      if (this.#used.has(offset)) continue;
      this.#used.add(offset);
      return toText(this.#first + offset);
    }
    throw new Error("no addresses are left in the range of pods");
  }

  release(address: string): void {
    this.#used.delete(toNumber(address) - this.#first);
  }
}

const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const toText = (n: number) => [n / 2 ** 24, n / 2 ** 16, n / 2 ** 8, n].map((part) => Math.floor(part) % 256).join(".");
