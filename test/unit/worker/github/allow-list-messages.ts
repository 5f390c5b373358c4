// What GitHub says behind an organisation's IP allow list, now and in earlier years.

export const allowList =
  "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, " +
  "and your IP address is not permitted to access this resource.";

export const olderAllowList =
  "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, " +
  "and 203.0.113.7 is not permitted to access this resource.";
