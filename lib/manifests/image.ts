// Where the image of a version is.

/** The image of the program that belongs to a version of this package. */
export const defaultImage = (version: string): string => `ghcr.io/mcpworkflow/mcpworkflow:${version}`;
