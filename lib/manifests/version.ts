// generated from package.json, do not edit: npm run generate

/** The version of this package. */
export const VERSION = '0.1.0';
