// A person's browser without scripts: it keeps cookies, follows redirects, and fills in the forms of GitHub's pages.
import { type Form, filled, formsIn, textOf } from "./html-forms.ts";

export interface Page {
  readonly kind: "page";
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** What a person reads. */
  readonly text: string;
  readonly forms: readonly Form[];
}

/** The browser was sent to an address that it does not visit here, such as an app's callback. */
export interface Left {
  readonly kind: "left";
  readonly url: string;
}

export type Visit = Page | Left;

export interface Browser {
  open(url: string): Promise<Visit>;
  /** Sends a form of another site. */
  post(url: string, form: URLSearchParams): Promise<Visit>;
  /** Fills in the page's first form that has the button: see `filled`. */
  submit(page: Visit, button: string, fields?: Readonly<Record<string, string>>): Promise<Visit>;
}

export interface BrowserOptions {
  /** Where redirects are followed to: such as `http://127.0.0.1:PORT`. */
  readonly origins: readonly string[];
  /** Default: the global one. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

const maxRedirects = 10;

/** @returns a browser without any cookie yet */
export function openBrowser({ origins, fetch: send = fetch }: BrowserOptions): Browser {
  // As in a browser, cookies are for all ports of a host.
  const cookies = new Map<string, Map<string, string>>();

  const visit = async (url: string, init: RequestInit = {}, redirects = 0): Promise<Visit> => {
    const { hostname, origin } = new URL(url);
    if (!origins.includes(origin)) return { kind: "left", url };
    if (redirects > maxRedirects) throw new Error(`more than ${maxRedirects} redirects, the last to ${url}`);
    const kept = cookies.get(hostname) ?? new Map<string, string>();
    cookies.set(hostname, kept);
    const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { accept: "text/html", ...(cookie === "" ? {} : { cookie }) };
    const response = await send(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) keepCookie(kept, line);
    const location = response.headers.get("location");
    if (location !== null) {
      await response.body?.cancel();
      return visit(new URL(location, url).href, {}, redirects + 1);
    }
    const html = await response.text();
    const { status } = response;
    return { kind: "page", url, status, headers: response.headers, html, text: textOf(html), forms: formsIn(html) };
  };

  return {
    open: (url) => visit(url),
    post: (url, form) => visit(url, { method: "POST", body: form }),
    submit: async (page, button, fields = {}) => {
      if (page.kind === "left") throw new Error(`there is no page with a form at ${page.url}`);
      const form = page.forms.find(({ buttons }) => buttons.some(({ label }) => label.startsWith(button)));
      if (form === undefined) throw new Error(`no form of this page has a button "${button}": ${page.text}`);
      const body = filled(form, button, fields);
      return visit(new URL(form.action, page.url).href, { method: "POST", body });
    },
  };
}

/**
 * A person signs in on GitHub's page for an app. Where GitHub asks nothing, the browser is back at the app already.
 *
 * @param authorizeUrl with all that the app asks with
 * @param decision the button that the person presses
 * @returns the address at the app to which GitHub sends the browser
 * @throws Error with what the page says if GitHub sends the browser nowhere
 */
export async function signInAtGitHub(
  browser: Browser,
  authorizeUrl: string,
  person: string,
  decision: "Authorize" | "Cancel" = "Authorize",
): Promise<URL> {
  const first = await browser.open(authorizeUrl);
  const last = first.kind === "left" ? first : await browser.submit(first, decision, { person });
  if (last.kind === "left") return new URL(last.url);
  throw new Error(`GitHub answered ${last.status}: ${last.text}`);
}

/** A person enters the code of a program, and lets the program in or not. */
export async function enterDeviceCode(
  browser: Browser,
  device: { readonly verificationUri: string; readonly userCode: string },
  person: string,
  decision: "Authorize" | "Cancel" = "Authorize",
): Promise<Page> {
  const first = await browser.open(device.verificationUri);
  const second = await browser.submit(first, "Continue", { user_code: device.userCode, person });
  const last = await browser.submit(second, decision);
  if (last.kind === "page" && last.status === 200) return last;
  throw new Error(`GitHub did not take the decision: ${last.kind === "page" ? last.text : last.url}`);
}

function keepCookie(kept: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
  const at = pair.indexOf("=");
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
  const isGone = attributes.some((attribute) => /^max-age=(?:0|-\d+)$/i.test(attribute));
  if (isGone) kept.delete(name);
  else kept.set(name, value);
}
