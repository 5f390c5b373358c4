// What was true when: values that change at a moment, or within a span in which either may be seen.

interface Span<Value> {
  readonly from: number;
  to: number;
  readonly value: Value;
}

/** All times are milliseconds since 1970. */
export class Timeline<Value> {
  readonly #spans: Span<Value>[];

  constructor(value: Value, from = Number.NEGATIVE_INFINITY) {
    this.#spans = [{ from, to: Number.POSITIVE_INFINITY, value }];
  }

  get current(): Value {
    const last = this.#spans.at(-1);
    if (last === undefined) throw new Error("a timeline begins with a value");
    return last.value;
  }

  /**
   * @param from when the new value may first be seen
   * @param to when the old one may last be seen
   */
  change(value: Value, from: number, to = from): void {
    const last = this.#spans.at(-1);
    if (last !== undefined) last.to = to;
    this.#spans.push({ from, to: Number.POSITIVE_INFINITY, value });
  }

  /** @returns every value that could be seen at some moment of a span, the oldest first */
  during(from: number, to: number): Value[] {
    return this.#spans.filter((span) => span.from <= to && span.to >= from).map(({ value }) => value);
  }
}
