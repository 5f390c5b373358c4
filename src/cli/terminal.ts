// The terminal: what the command says and asks.
// stdout holds the result alone, so that it can be piped. Steps, questions and diagnostics go to stderr. Much of the
// text comes from others: names of certificates, answers, logs. Each call writes one line, whatever is in it.
import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { confirm, isCancel, password } from "@clack/prompts";
import { breakLine } from "./line-breaks.ts";

/** A stream as Node hands it over: `isTTY` where a person looks at it, through a window that is `columns` wide. */
type Stream<T> = T & { readonly isTTY?: boolean; readonly columns?: number };

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
  // Others cannot write a colour: they do not know how one begins.
  const startOfColour = randomUUID();
  const visible = (text: string) =>
    text
      .split(startOfColour)
      .map((part, index) =>
        index === 0
          ? escaped(part)
          : part.replace(/^(\d+)m(.*)$/su, (_, code, rest) => `\u001b[${code}m${escaped(rest)}`),
      )
      .join("");
  const colour = new RegExp(`${startOfColour}\\d+m`, "g");
  const widthOf = (text: string) => text.replaceAll(colour, "").length;
  const broken = (line: string) => {
    const { isTTY, columns } = stderr;
    if (isTTY !== true || columns === undefined || toCopy.test(line)) return [line];
    const indent = /^ *(?:[-✓→|] )?/u.exec(line.replaceAll(colour, ""))?.[0].replaceAll(/./gu, " ") ?? "";
    return breakLine(line, { columns, indent, widthOf });
  };
  const styleFor = ({ isTTY }: Stream<Writable>) =>
    createStyle(isTTY === true && !env.NO_COLOR && env.TERM !== "dumb" ? startOfColour : null);
  return {
    print: (line) => void stdout.write(`${visible(line)}\n`),
    note: (line) => {
      for (const part of broken(line)) stderr.write(`${visible(part)}\n`);
    },
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

/** A command or an address. A line with one stays whole: a person copies it out of the terminal. */
const toCopy = /(?:^|[\s(])(?:npx|octogate) [a-z]|https?:\/\//;

/** Control characters but the tab, and characters that move, hide or break text: bidirectional marks among them. */
const unprintable = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** As JSON escapes them: a result in JSON stays what it is. */
function escaped(text: string): string {
  const unit = (character: string, at: number) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  return text.replaceAll(unprintable, (character) =>
    Array.from({ length: character.length }, (_, at) => unit(character, at)).join(""),
  );
}

/** @param startOfColour what a terminal takes for the beginning of a colour; null: there are no colours */
export function createStyle(startOfColour: string | null): Style {
  const coloured = (code: number) => (text: string) =>
    startOfColour === null ? text : `${startOfColour}${code}m${text}${startOfColour}0m`;
  return { good: coloured(32), bad: coloured(31), warning: coloured(33), faint: coloured(2) };
}
