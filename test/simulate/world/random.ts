// Chance that can be repeated: the same seed and purpose give the same numbers, on every machine. Each purpose has a
// stream of its own, so that a setting that draws more often in one place does not change what happens in another: all
// settings meet the same people doing the same things.

const twoTo32 = 4_294_967_296;

export class Random {
  #state: number;

  /** @param purpose what the numbers are for */
  constructor(seed: number, ...purpose: readonly (string | number)[]) {
    // FNV-1a over the purpose, so that streams of neighbouring seeds have nothing in common.
    let hash = 2_166_136_261;
    for (const character of `${seed}/${purpose.join("/")}`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
    }
    this.#state = hash >>> 0;
    this.next();
  }

  /** @returns 0 up to, but not including, 1 (the generator known as mulberry32) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / twoTo32;
  }

  /** @returns a whole number from 0 up to, but not including, the bound */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  isWithin(probability: number): boolean {
    return this.next() < probability;
  }

  /** @returns how long it takes until something happens that happens at any time with the same chance */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** @returns how often something happens that happens at any time with the same chance; for small means */
  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let product = this.next();
    let count = 0;
    while (product > limit) {
      product *= this.next();
      count += 1;
    }
    return count;
  }
}
