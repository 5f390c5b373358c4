// HTML of the stand-in's pages: what they have in common. No page has a script.
import { html, raw } from "hono/html";

/** Escaped where it has to be: as Hono's `html` gives it. */
export type Html = ReturnType<typeof html>;

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** A line below the label. */
  readonly detail: string;
}

/** `form-action` is missing: browsers apply it to the whole chain of redirects after a form. */
export const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const style = raw(`
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; padding: 1rem; max-width: 34rem; overflow-wrap: anywhere; }
  header { border-bottom: 1px solid; padding-bottom: .75rem; }
  h1 { font-size: 1.4rem; line-height: 1.3; }
  fieldset { margin: 0 0 1rem; padding: .25rem .75rem; border: 1px solid; border-radius: .4rem; }
  fieldset label { display: flex; gap: .6rem; align-items: baseline; padding: .35rem 0; }
  small { display: block; }
  code { white-space: nowrap; }
  input[type="text"] { font: inherit; font-family: ui-monospace, monospace; padding: .5rem; width: 12rem; max-width: 100%; }
  .code label { display: block; margin-bottom: .25rem; font-weight: 600; }
  .code { margin-bottom: 1rem; }
  button { font: inherit; padding: .5rem 1rem; margin: 0 .5rem .5rem 0; border: 1px solid; border-radius: .4rem; }
  button.main { font-weight: 600; color: #fff; background: #1a6b35; border-color: #1a6b35; }
  :focus-visible { outline: 3px solid #2f6fde; outline-offset: 2px; }
  [role="alert"] { border-left: .3rem solid #b3261e; padding-left: .75rem; }
`);

export function page(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · GitHub stand-in</title>
<style>${style}</style>
</head>
<body>
<header>
<strong>GitHub stand-in</strong>
<small>Not GitHub: a stand-in on this machine. Its people are made up, and it asks for no password.</small>
</header>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
}

/** @param problem what the person has to put right, or null */
export function problemNote(problem: string | null): Html {
  return problem === null ? html`` : html`<p role="alert">${problem}</p>`;
}

export function hiddenInputs(values: Readonly<Record<string, string>>): Html[] {
  return Object.entries(values).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
}

/** @param chosen the value of the choice that is made already; null for none */
export function radioButtons(legend: string, name: string, choices: readonly Choice[], chosen: string | null): Html {
  return html`<fieldset>
<legend>${legend}</legend>
${choices.map(({ value, label, detail }) => radioButton(name, value, label, detail, value === chosen))}
</fieldset>`;
}

function radioButton(name: string, value: string, label: string, detail: string, isChosen: boolean): Html {
  const checked = isChosen ? " checked" : "";
  return html`<label><input type="radio" name="${name}" value="${value}" required${checked}><span>${label}
<small>${detail}</small></span></label>`;
}
