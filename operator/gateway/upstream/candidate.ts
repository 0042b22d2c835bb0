// Whom a request may ask.
import type { RouteModel, Target } from '../../routes/types.ts';

/** A model that can be asked in the dialect of the request, and what is called for it. */
export interface Candidate {
  readonly model: RouteModel;
  readonly target: Target;
}
