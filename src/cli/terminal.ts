// The terminal: what the command says and asks.
// stdout holds the result alone, so that it can be piped. Steps, questions and diagnostics go to stderr.
import type { Readable, Writable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { confirm, isCancel, password } from "@clack/prompts";

/** A stream as Node hands it over: `isTTY` where a person looks at it. */
type Stream<T> = T & { readonly isTTY?: boolean };

interface Streams {
  readonly stdin: Stream<Readable>;
  readonly stdout: Stream<Writable>;
  readonly stderr: Stream<Writable>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A person pressed Ctrl-C at a question. */
export class Interruption extends Error {}

export interface Terminal {
  /** One line of the result. */
  print(line: string): void;
  /** One line about what is going on, or what is wrong. */
  note(line: string): void;
  /** Everything that is piped in, or null where nothing is: stdin is a person's keyboard. */
  readInput(): Promise<string | null>;
  /** Asks a person yes or no. @returns null where there is no person */
  ask(question: string): Promise<boolean | null>;
  /** Asks a person for something that the screen must not show. @returns null where there is no person */
  askSecret(question: string): Promise<string | null>;
  /** For notes. */
  readonly style: Style;
  /** For lines of the result. */
  readonly printStyle: Style;
}

/** Colours, where the text goes to a terminal and NO_COLOR (no-color.org) is not set. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  warning(text: string): string;
  faint(text: string): string;
}

export function createTerminal({ stdin, stdout, stderr, env }: Streams): Terminal {
  const styleFor = ({ isTTY }: Stream<Writable>) => createStyle(isTTY === true && !env.NO_COLOR && env.TERM !== "dumb");
  return {
    print: (line) => void stdout.write(`${harmless(line)}\n`),
    note: (line) => void stderr.write(`${harmless(line)}\n`),
    readInput: async () => (stdin.isTTY === true ? null : await readText(stdin)),
    async ask(question) {
      if (stdin.isTTY !== true || stderr.isTTY !== true) return null;
      const answer = await confirm({ message: question, initialValue: false, input: stdin, output: stderr });
      if (isCancel(answer)) throw new Interruption();
      return answer;
    },
    async askSecret(question) {
      if (stdin.isTTY !== true || stderr.isTTY !== true) return null;
      const answer = await password({ message: question, input: stdin, output: stderr });
      if (isCancel(answer)) throw new Interruption();
      return answer;
    },
    style: styleFor(stderr),
    printStyle: styleFor(stdout),
  };
}

const startOfColour = "\u001b";
const control = new RegExp(`(?![\\n\\t]|${startOfColour}\\[(?:0|2|31|32|33)m)\\p{Cc}`, "gu");

/**
 * Much of the text comes from others (names of certificates, answers, logs). Of its control characters only line ends,
 * tabs and our own colours get through.
 */
function harmless(text: string): string {
  return text.replaceAll(control, "");
}

export function createStyle(isColoured: boolean): Style {
  const coloured = (code: number) => (text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { good: coloured(32), bad: coloured(31), warning: coloured(33), faint: coloured(2) };
}
