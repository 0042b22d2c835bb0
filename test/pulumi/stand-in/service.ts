// The engine's side of the stand-in provider: its gRPC service, with every request unwrapped into plain objects and every
// answer marked with the secrets that its inputs had.
import grpc from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import struct from 'google-protobuf/google/protobuf/struct_pb.js';
import pluginProto from '@pulumi/pulumi/proto/plugin_pb.js';
import services from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import proto from '@pulumi/pulumi/proto/provider_pb.js';
import statusProto from '@pulumi/pulumi/proto/status_pb.js';
import { askedFor, differences } from './compare.ts';
import { metadataOf } from './kubernetes.ts';
import { NotReadyError } from './lifecycle.ts';
import type { Attempt, Lifecycle, Made } from './lifecycle.ts';
import { hasUnknown, isObject, markSecrets, plainProperties } from './values.ts';
import type { Properties } from './values.ts';

type Struct = struct.Struct;

const read = (value: Struct | undefined): Properties => value?.toJavaScript() ?? {};
const write = (value: Properties): Struct =>
  struct.Struct.fromJavaScript(value as Record<string, struct.JavaScriptValue>);

/** What the state keeps: the live object, as secret as its inputs. A Secret's data are secret by the word of the SDK. */
function outputsOf({ live }: Made, inputs: Properties): Properties {
  const metadata = Object.entries(metadataOf(live)).filter(([field]) => field !== 'managedFields');
  return markSecrets({ ...live, metadata: Object.fromEntries(metadata) }, inputs);
}

/** A Secret's data as people write them; the API server only gives them back encoded. */
function stringDataOf({ kind, data }: Properties): Properties {
  if (kind !== 'Secret' || !isObject(data)) return {};
  const decode = (value: unknown): string => Buffer.from(String(value), 'base64').toString();
  return { stringData: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)])) };
}

/** What a call is answered with. */
type Answer<Request, Response> = (request: Request) => Promise<Response> | Response;

/** An answer as gRPC wants it. An error reaches the engine as its message; one about an unready object brings the object. */
function unary<Request, Response>(answer: Answer<Request, Response>): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      );
  };
}

function toServiceError(error: unknown): Partial<grpc.StatusObject> {
  const details = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InitError)) return { code: grpc.status.UNKNOWN, details };
  const failed = new proto.ErrorResourceInitFailed();
  failed.setId(error.id);
  failed.setProperties(write(error.outputs));
  failed.setInputs(write(error.inputs));
  failed.setReasonsList([details]);
  const packed = new any.Any();
  packed.pack(failed.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed');
  const status = new statusProto.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(details);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add('grpc-status-details-bin', Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details, metadata };
}

/** A NotReadyError in the engine's terms. */
class InitError extends Error {
  override readonly name = 'InitError';
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;

  constructor({ message, made }: NotReadyError, inputs: Properties) {
    super(message);
    this.id = made.id;
    this.outputs = outputsOf(made, inputs);
    this.inputs = inputs;
  }
}

/** The part of an object that says which it is: with another, it is another object. */
const identityOf = (inputs: Properties): string => {
  const { name, namespace } = metadataOf(inputs);
  return JSON.stringify([String(inputs['apiVersion']).replace(/[^/]+$/, ''), inputs['kind'], namespace, name]);
};

/** What says which object a resource is: all that is known of one that was not made here. */
function headOf(type: string, id: string): Properties {
  const [, apiVersion = '', kind = ''] = type.split(':');
  const [name, namespace] = id.split('/').reverse();
  return { apiVersion: apiVersion.replace(/^core\//, ''), kind, metadata: { name, ...(namespace && { namespace }) } };
}

const changeKinds = () => {
  const { Kind } = proto.PropertyDiff;
  return { add: Kind.ADD, delete: Kind.DELETE, update: Kind.UPDATE } as const;
};

function diff(request: proto.DiffRequest): proto.DiffResponse {
  const before = plainProperties(read(request.getOldInputs()));
  const after = plainProperties(read(request.getNews()));
  const response = new proto.DiffResponse();
  const found = differences(before, after);
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  response.setChanges(found.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setDiffsList([...new Set(found.map(({ path }) => /^[^.[]*/.exec(path)?.[0] ?? path))]);
  response.setHasdetaileddiff(true);
  for (const { path, kind } of found) {
    const detail = new proto.PropertyDiff();
    detail.setKind(changeKinds()[kind]);
    detail.setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
  }
  if (identityOf(before) !== identityOf(after)) response.setReplacesList(['metadata']);
  return response;
}

function check(request: proto.CheckRequest): proto.CheckResponse {
  const inputs = read(request.getNews());
  const response = new proto.CheckResponse();
  response.setInputs(write(inputs));
  if (metadataOf(inputs)['name'] === undefined) {
    const failure = new proto.CheckFailure();
    failure.setProperty('metadata.name');
    failure.setReason('is required: the stand-in provider makes up no names');
    response.addFailures(failure);
  }
  return response;
}

/** The service, on top of what becomes of one object. `stopping` ends every wait. */
export function providerService(lifecycle: Lifecycle, stopping: AbortController): grpc.UntypedServiceImplementation {
  const attempt = (request: { getPreview?(): boolean; getTimeout(): number }): Attempt => ({
    preview: request.getPreview?.() ?? false,
    timeoutS: request.getTimeout(),
    signal: stopping.signal,
  });

  /** The outputs of a change; in a preview of which nobody can say more, the inputs. */
  const change = async (
    what: 'create' | 'update',
    inputs: Properties,
    how: Attempt,
  ): Promise<{ readonly id: string; readonly outputs: Properties }> => {
    if (how.preview && hasUnknown(inputs)) return { id: '', outputs: inputs };
    try {
      const made = await lifecycle[what](plainProperties(inputs), how);
      // A dry run makes up a uid and a time: what a preview knows are the inputs.
      if (made === undefined || how.preview) return { id: '', outputs: inputs };
      return { id: made.id, outputs: outputsOf(made, inputs) };
    } catch (error) {
      throw error instanceof NotReadyError ? new InitError(error, inputs) : error;
    }
  };

  const implementation: Record<string, grpc.handleUnaryCall<never, unknown>> = {
    getPluginInfo: unary(() => {
      const info = new pluginProto.PluginInfo();
      info.setVersion('4.34.2');
      return info;
    }),
    checkConfig: unary((request: proto.CheckRequest) => {
      const response = new proto.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: unary(() => new proto.DiffResponse()),
    configure: unary(() => {
      const response = new proto.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: unary(check),
    diff: unary(diff),
    create: unary(async (request: proto.CreateRequest) => {
      const { id, outputs } = await change('create', read(request.getProperties()), attempt(request));
      const response = new proto.CreateResponse();
      response.setId(id);
      response.setProperties(write(outputs));
      return response;
    }),
    update: unary(async (request: proto.UpdateRequest) => {
      const { outputs } = await change('update', read(request.getNews()), attempt(request));
      const response = new proto.UpdateResponse();
      response.setProperties(write(outputs));
      return response;
    }),
    read: unary(async (request: proto.ReadRequest) => {
      const inputs = read(request.getInputs());
      const made = await lifecycle.read(headOf(request.getType(), request.getId()), stopping.signal);
      const response = new proto.ReadResponse();
      if (made === undefined) return response;
      response.setId(made.id);
      response.setProperties(write(outputsOf(made, inputs)));
      const live = { ...made.live, ...stringDataOf(made.live) };
      response.setInputs(write(markSecrets(askedFor(live, plainProperties(inputs)), inputs)));
      return response;
    }),
    delete: unary(async (request: proto.DeleteRequest) => {
      await lifecycle.remove(plainProperties(read(request.getOldInputs())), attempt(request));
      return new empty.Empty();
    }),
    cancel: unary(() => {
      stopping.abort();
      return new empty.Empty();
    }),
  };
  return implementation as unknown as grpc.UntypedServiceImplementation;
}

/** Serves on a free loopback port, and returns it. */
export async function serve(implementation: grpc.UntypedServiceImplementation): Promise<number> {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 256 << 20 });
  server.addService(services.ResourceProviderService, implementation);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
    error ? reject(error) : resolve(port),
  );
  return promise;
}
