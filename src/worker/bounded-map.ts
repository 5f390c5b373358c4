// A Map that forgets what was not used for the longest time: an isolate has 128 MB for everything, and tokens can be
// made up without end.

export interface BoundedMapOptions<Value> {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** A rough size is good enough. */
  readonly bytesOf: (key: string, value: Value) => number;
}

export class BoundedMap<Value> {
  readonly #options: BoundedMapOptions<Value>;
  // A Map keeps the order of insertion; what is used is inserted anew, so the first is the one unused for the longest
  // time.
  readonly #entries = new Map<string, { readonly value: Value; readonly bytes: number }>();
  #bytes = 0;
  /** The last of them, which need not be inserted anew. */
  #newest: string | null = null;

  constructor(options: BoundedMapOptions<Value>) {
    this.#options = options;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (key !== this.#newest) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      this.#newest = key;
    }
    return entry.value;
  }

  set(key: string, value: Value): void {
    this.delete(key);
    const bytes = this.#options.bytesOf(key, value);
    // It would push everything else out and still not fit.
    if (bytes > this.#options.maxBytes) return;
    this.#entries.set(key, { value, bytes });
    this.#newest = key;
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries && this.#bytes <= this.#options.maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }

  get size(): number {
    return this.#entries.size;
  }
}
