// Forms of an HTML page, as far as a person without scripts uses them: hidden and text inputs, radio buttons, buttons.

export interface Form {
  /** Where the form is posted to: no page has a form that is sent with GET. */
  readonly action: string;
  readonly inputs: readonly Input[];
  readonly buttons: readonly Button[];
}

interface Input {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly isChecked: boolean;
}

interface Button {
  readonly label: string;
  /** Null for a button that sends nothing of its own. */
  readonly name: string | null;
  readonly value: string;
}

/** @returns the forms in their order */
export function formsIn(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag = "", content = ""]) => {
    const { action = "" } = attributesIn(tag);
    return {
      action,
      inputs: [...content.matchAll(/<input\b([^>]*)>/g)].map(([, input = ""]) => inputOf(attributesIn(input))),
      buttons: [...content.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)].map(([, button = "", label = ""]) => {
        const { name = null, value = "" } = attributesIn(button);
        return { label: textOf(label), name, value };
      }),
    };
  });
}

/** @returns what a person reads, with blanks in place of line breaks */
export function textOf(html: string): string {
  const visible = html.replace(/<style\b[\s\S]*?<\/style>/g, " ").replace(/<[^>]*>/g, " ");
  return unescaped(visible).replace(/\s+/g, " ").trim();
}

/**
 * @param button its label, or the beginning of it
 * @param fields what the person types and chooses, by the inputs' names
 * @returns what the browser sends
 * @throws Error if the form has no such button, field or choice
 */
export function filled(form: Form, button: string, fields: Readonly<Record<string, string>>): URLSearchParams {
  const pressed = form.buttons.find(({ label }) => label.startsWith(button));
  if (pressed === undefined) throw new Error(`the form has no button "${button}"`);
  for (const [name, value] of Object.entries(fields)) {
    const inputs = form.inputs.filter((input) => input.name === name);
    const isThere = inputs.some((input) => input.type !== "radio" || input.value === value);
    if (!isThere) throw new Error(`the form has no place for ${name}=${value}`);
  }
  const sent = form.inputs.flatMap(({ name, type, value, isChecked }): [string, string][] => {
    const given = fields[name];
    if (type === "radio") return (given === undefined ? isChecked : given === value) ? [[name, value]] : [];
    return [[name, given ?? value]];
  });
  const body = new URLSearchParams(sent);
  if (pressed.name !== null) body.append(pressed.name, pressed.value);
  return body;
}

function inputOf(attributes: Readonly<Record<string, string>>): Input {
  const { name = "", type = "text", value = "", checked } = attributes;
  return { name, type, value, isChecked: checked !== undefined };
}

function attributesIn(tag: string): Record<string, string> {
  const attributes = [...tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(attributes.map(([, name = "", value = ""]) => [name, unescaped(value)]));
}

function unescaped(text: string): string {
  const characters: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (whole, name: string) => characters[name] ?? whole);
}
