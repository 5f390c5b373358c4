// Options of the programs for developers that take a whole number.
import { InvalidArgumentError, Option } from "commander";

export function wholeNumber(name: string, description: string, max: number, min = 1): Option {
  return new Option(`--${name} <n>`, description).argParser((text) => parseWholeNumber(text, max, min));
}

/** @throws InvalidArgumentError for anything else */
export function parseWholeNumber(text: string, max: number, min = 1): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
}
