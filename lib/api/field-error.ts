// What is wrong with one field, as data.

/** One thing that is wrong with one field. */
export interface FieldError {
  /** Where, as a person would write it: `spec.models.providers[0].baseURL`. */
  readonly path: string;
  /** The same as a list, to find the line in a file; the field itself may be missing there. */
  readonly segments: readonly (string | number)[];
  /** A sentence that says what to write. */
  readonly message: string;
}
