// Which commands a document tells its reader to run: those in fenced `sh` and `console` blocks, those in indented
// blocks, and those in the text between backticks. A mark `(needs …)` in the text says which of them cannot be run
// without something that a test does not have.

/** A block of commands. */
export interface CommandBlock {
  /** The heading under which it stands. */
  readonly section: string;
  readonly line: number;
  /** Whether commands stand behind a prompt, with what they print below. */
  readonly isTranscript: boolean;
  readonly text: string;
  /** What the marks say that hold here. */
  readonly needs: readonly string[];
}

/** A command between backticks. */
export type InlineCommand = Omit<CommandBlock, "isTranscript">;

/** A command of a transcript. */
export interface Example {
  readonly command: string;
  /** What it prints, both streams. */
  readonly output: string;
}

type Piece =
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "prose" | "code"; readonly language: string; readonly line: number; readonly text: string };

const commandLanguages = ["sh", "console", "indented"];
/** PowerShell is not here to run. */
const otherLanguages = ["json", "mermaid", "powershell", "sql", "text", "toml", "yaml"];

/** @throws on a fenced block that does not say what it is, or says something that is not known here */
export function commandBlocksOf(markdown: string): CommandBlock[] {
  const pieces = piecesOf(markdown);
  const opening = openingNeeds(pieces);
  return pieces.flatMap((piece, index) => {
    if (piece.kind !== "code" || otherLanguages.includes(piece.language)) return [];
    const { language, line, text } = piece;
    if (!commandLanguages.includes(language)) throw new Error(`line ${line}: a block in "${language}"`);
    const before = pieces[index - 1];
    const own = before?.kind === "prose" ? needsIn(before.text) : [];
    const needs = [...opening, ...own];
    return [{ section: sectionAt(pieces, index), line, isTranscript: language === "console", text, needs }];
  });
}

/** @returns everything between backticks that has a space in it: what of it is a command is for the caller to say */
export function inlineCodeOf(markdown: string): InlineCommand[] {
  const pieces = piecesOf(markdown);
  const opening = openingNeeds(pieces);
  return pieces.flatMap((piece, index) => {
    if (piece.kind !== "prose") return [];
    const { line } = piece;
    const needs = [...opening, ...needsIn(piece.text)];
    const spans = [...piece.text.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text.replace(/\s*\n\s*/g, " "));
    return spans
      .filter((text) => text.includes(" "))
      .map((text) => ({ section: sectionAt(pieces, index), line, text: text.replaceAll("\\|", "|"), needs }));
  });
}

/** What the marks before the first chapter say: it holds for the whole document. */
export function openingNeedsOf(markdown: string): string[] {
  return openingNeeds(piecesOf(markdown));
}

/** Every `(needs …)`. */
export function needsIn(text: string): string[] {
  return [...text.matchAll(/\(needs\s+([^)]+)\)/g)].map(([, what = ""]) => what.replace(/\s+/g, " "));
}

/** The commands of a block, one of them perhaps over several lines. */
export function commandsOf({ isTranscript, text }: Pick<CommandBlock, "isTranscript" | "text">): string[] {
  if (isTranscript) return examplesOf(text).map(({ command }) => command);
  return text.split(/(?<!\\)\n/).filter((line) => /^\s*[^\s#]/.test(line));
}

/** The commands of a transcript with what each prints. */
export function examplesOf(transcript: string): Example[] {
  return [...transcript.matchAll(/^\$ (.*)\n?((?:(?!\$ ).*\n?)*)/gm)].map(([, command = "", output = ""]) => ({
    command,
    output,
  }));
}

/** The comments of a YAML file as text in which the functions above find their commands. */
export function commentsOf(yaml: string): string {
  return yaml
    .split("\n")
    .map((line) => /(?:^|\s)#\s?(.*)$/.exec(line)?.[1] ?? "")
    .join("\n");
}

function piecesOf(markdown: string): Piece[] {
  const pieces: Piece[] = [];
  const lines = markdown.replace(/^---\n.*?\n---\n/s, (head) => "\n".repeat(head.split("\n").length - 1)).split("\n");
  let prose: string[] = [];
  const endProse = (next: number) => {
    const line = next - prose.length + 1;
    if (prose.length > 0) pieces.push({ kind: "prose", language: "", line, text: prose.join("\n") });
    prose = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const [, level, heading] = /^(#{1,6}) (.*)$/.exec(line) ?? [];
    const [, indent, fence, language] = /^( *)(```+)(.*)$/.exec(line) ?? [];
    if (level !== undefined) {
      endProse(at);
      pieces.push({ kind: "heading", level: level.length, text: heading ?? "" });
    } else if (fence !== undefined) {
      endProse(at);
      const end = lines.findIndex((other, index) => index > at && other.trim() === fence);
      if (end === -1) throw new Error(`line ${at + 1}: a block without an end`);
      const text = lines.slice(at + 1, end).map((inside) => inside.slice(indent?.length ?? 0));
      pieces.push({ kind: "code", language: language ?? "", line: at + 1, text: `${text.join("\n")}\n` });
      at = end;
    } else if (prose.length === 0 && /^ {4}/.test(line)) {
      let end = at;
      while (end < lines.length && /^ {4}|^\s*$/.test(lines[end] ?? "")) end += 1;
      const text = outdented(lines.slice(at, end));
      pieces.push({ kind: "code", language: "indented", line: at + 1, text });
      at = end - 1;
    } else {
      // Each row of a table and each item of a list stands for itself.
      if (line.trim() === "" || /^\s*(?:\||[-*] |\d+\. )/.test(line)) endProse(at);
      if (line.trim() !== "") prose.push(line);
    }
  }
  endProse(lines.length);
  return pieces;
}

function outdented(lines: readonly string[]): string {
  const widths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  return `${lines
    .map((line) => line.slice(Math.min(...widths)))
    .join("\n")
    .trimEnd()}\n`;
}

function openingNeeds(pieces: readonly Piece[]): string[] {
  const chapter = pieces.findIndex((piece) => piece.kind === "heading" && piece.level > 1);
  const opening = pieces.slice(0, Math.max(chapter, 0));
  return opening.flatMap((piece) => (piece.kind === "prose" ? needsIn(piece.text) : []));
}

function sectionAt(pieces: readonly Piece[], index: number): string {
  return pieces.slice(0, index).findLast((piece) => piece.kind === "heading")?.text ?? "";
}
