// Text in CEL, the language of expressions in Kubernetes' and AKS's configuration of issuers.

/** @param text of printable ASCII, as a policy's prefix is @returns it as a CEL string */
export function celString(text: string): string {
  // https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
