// The finite vocabulary of reasons: in status, events, headers and metrics the same word means the same thing.

/** Every reason that this project writes, with the sentence that explains it to a user. */
export const REASONS = {
  ConnectionFailed: 'no connection could be made, or it broke before an answer',
  Timeout: 'no whole answer came within the request timeout',
  FirstTokenTimeout: 'the stream sent no content in time',
  StreamStalled: 'the stream went silent',
  StreamTruncated: 'the answer ended before it was complete',
  ServerError: 'the provider answered with a server error',
  Overloaded: 'the provider said that it is overloaded',
  RateLimited: 'the provider limited the rate of requests',
  QuotaExhausted: 'the account has no quota or credit left',
  CredentialRejected: 'the provider rejected the credential',
  ModelNotFound: 'the provider does not know the model',
  MalformedOutput: 'the answer was not what the protocol demands',
  EmptyOutput: 'the answer was complete but empty',
  SchemaViolation: 'the answer broke the JSON schema that its caller declared',
  CheckFailed: 'the answer failed a check of the workflow',
  Incompatible: 'this model cannot take what was asked of the primary',
  ClientGaveUp: 'the caller left before an answer came',
  GatewayFull: 'the gateway had no memory left to hold the answer',
  DialectMismatch: "the model's provider does not speak the workflow's dialect",
  ProviderNotFound: 'no provider serves a model of this name',
  SecretNotFound: 'the Secret or its key does not exist',
  SecretForbidden: 'the Secret may not be read, or may not be sent to this host',
  EgressDenied: 'the URL is not one that may be called, or its host resolves to an address that may not',
  InvalidSpec: 'the spec has a value that the API server could not check',
  CanaryInvalid: 'the provider refused the canary as invalid',
  OperatorBlind: 'the operator can reach no provider at all',
  AllThrottled: 'every model that could serve is throttled',
  Flapping: 'the primary came back and left again too often',
  AwaitingApproval: 'the return to an earlier model waits for approval',
  Pinned: 'a person chose this model',
  Suspended: 'the workflow is suspended',
  Probing: 'the first evidence is still missing',
  Unproven: 'nothing has been seen yet that proves the primary',
  Recovered: 'the model has proved itself well again',
  AsExpected: 'this is what the spec asks for',
} as const;

/** One of the words of REASONS. */
export type Reason = keyof typeof REASONS;
