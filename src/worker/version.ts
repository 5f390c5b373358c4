/** The release this code belongs to, as /healthz and the User-Agent say it. A test holds it to package.json. */
export const version = "0.1.0";
