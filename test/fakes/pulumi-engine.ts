// The engine's side of Pulumi's wire protocol: it runs a real program in a process of its own, the way Pulumi's language
// host does, and records what the program registers. It has no state, no diff and no provider: an object "created" here is
// what was asked for, and, once deployed, what an operator would have written to its status.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { CallbacksClient } from '@pulumi/pulumi/proto/callback_grpc_pb.js';
import callbackPb from '@pulumi/pulumi/proto/callback_pb.js';
import { EngineService } from '@pulumi/pulumi/proto/engine_grpc_pb.js';
import enginePb from '@pulumi/pulumi/proto/engine_pb.js';
import { ResourceMonitorService } from '@pulumi/pulumi/proto/resource_grpc_pb.js';
import resourcePb from '@pulumi/pulumi/proto/resource_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import structPb from 'google-protobuf/google/protobuf/struct_pb.js';
import { readable } from './pulumi-wire.ts';

/** One resource as the program asked for it, in the order of asking. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly custom: boolean;
  readonly protect: boolean;
  readonly provider: string;
  /** What it was called before, as far as that was said in parts: the name and the parent. */
  readonly aliases: readonly { readonly name: string; readonly parenturn: string }[];
  /** Secrets are `{ secret: … }`, unknown values are `UNKNOWN`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URNs of everything that it waits for. */
  readonly dependencies: readonly string[];
}

/** What a program did. */
export interface ProgramRun {
  /** 0, or what the process ended with. */
  readonly exitCode: number | null;
  readonly registrations: readonly Registration[];
  /** What components said of themselves at their end, by URN; the stack's own outputs are among them. */
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** What the user would see in red. */
  readonly errors: readonly string[];
}

/** How a program is run. */
export interface RunOptions {
  /** A preview knows only what the program says; what a provider would make up is unknown. @default false */
  readonly preview?: boolean;
  /** Of the stack, by `project:key`. @default none */
  readonly config?: Readonly<Record<string, string>>;
}

type Callback = InstanceType<typeof callbackPb.Callback>;
type RegisterRequest = InstanceType<typeof resourcePb.RegisterResourceRequest>;
type Fields = Readonly<Record<string, unknown>>;

const PROJECT = 'shop';
const STACK = 'test';
const FEATURES = Object.values(resourcePb.ResourceMonitorFeature).filter((feature) => typeof feature === 'number');

/** Runs the Pulumi program in `file` to its end. */
export async function runProgram(file: string, { preview = false, config = {} }: RunOptions = {}): Promise<ProgramRun> {
  const engine = new Engine(preview);
  const server = new Server();
  server.addService(ResourceMonitorService, engine.monitor());
  server.addService(EngineService, engine.engine());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  try {
    const exitCode = await execute(file, `127.0.0.1:${port}`, preview, config);
    return { exitCode, registrations: engine.registrations, outputs: engine.outputs, errors: engine.errors };
  } finally {
    engine.close();
    server.forceShutdown();
  }
}

function execute(file: string, address: string, preview: boolean, config: Fields): Promise<number | null> {
  const run = createRequire(import.meta.url).resolve('@pulumi/pulumi/cmd/run');
  const flags = {
    monitor: address,
    engine: address,
    project: PROJECT,
    stack: STACK,
    pwd: dirname(file),
    'dry-run': String(preview),
    parallel: '4',
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', run, ...args, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'], PULUMI_CONFIG: JSON.stringify(config), PULUMI_NODEJS_TYPESCRIPT: 'false' },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/** One run's memory, and the two services over it. */
class Engine {
  readonly registrations: Registration[] = [];
  readonly outputs = new Map<string, Fields>();
  readonly errors: string[] = [];
  private readonly transforms = new Map<string, readonly Callback[]>();
  private readonly clients = new Map<string, CallbacksClient>();
  private readonly preview: boolean;
  private stackTransforms: readonly Callback[] = [];
  private root = '';

  constructor(preview: boolean) {
    this.preview = preview;
  }

  monitor(): UntypedServiceImplementation {
    return {
      ...unimplemented(ResourceMonitorService),
      getDeploymentInfo: answer(() => {
        const info = new resourcePb.DeploymentInfo();
        info.setDryrun(this.preview);
        info.setSupportedfeaturesList(FEATURES);
        return info;
      }),
      supportsFeature: answer(() => {
        const response = new resourcePb.SupportsFeatureResponse();
        response.setHassupport(true);
        return response;
      }),
      registerStackTransform: answer((callback: Callback) => {
        this.stackTransforms = [...this.stackTransforms, callback];
        return new emptyPb.Empty();
      }),
      registerResource: answer((request: RegisterRequest) => this.register(request)),
      registerResourceOutputs: answer((request: InstanceType<typeof resourcePb.RegisterResourceOutputsRequest>) => {
        this.outputs.set(request.getUrn(), readable(request.getOutputs()?.toJavaScript() ?? {}) as Fields);
        return new emptyPb.Empty();
      }),
      signalAndWaitForShutdown: answer(() => new emptyPb.Empty()),
    };
  }

  engine(): UntypedServiceImplementation {
    return {
      ...unimplemented(EngineService),
      log: answer((request: InstanceType<typeof enginePb.LogRequest>) => {
        if (request.getSeverity() === enginePb.LogSeverity.ERROR) this.errors.push(request.getMessage());
        return new emptyPb.Empty();
      }),
      getRootResource: answer(() => {
        const response = new enginePb.GetRootResourceResponse();
        response.setUrn(this.root);
        return response;
      }),
      setRootResource: answer((request: InstanceType<typeof enginePb.SetRootResourceRequest>) => {
        this.root = request.getUrn();
        return new enginePb.SetRootResourceResponse();
      }),
    };
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  private async register(request: RegisterRequest) {
    const transformed = await this.transform(request);
    const wire = named(request, (transformed.properties ?? new structPb.Struct()).toJavaScript());
    const urn = urnOf(request);
    this.transforms.set(urn, [...request.getTransformsList(), ...(this.transforms.get(request.getParent()) ?? [])]);
    this.registrations.push({
      urn,
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent(),
      custom: request.getCustom(),
      protect: transformed.protect,
      provider: request.getProvider(),
      aliases: request.getAliasesList().flatMap((alias) => alias.getSpec()?.toObject() ?? []),
      inputs: readable(wire) as Fields,
      dependencies: request.getDependenciesList(),
    });
    const response = new resourcePb.RegisterResourceResponse();
    response.setUrn(urn);
    if (request.getCustom() && !this.preview) response.setId(idOf(request.getName(), wire));
    response.setObject(structPb.Struct.fromJavaScript(this.deployed(request.getType(), wire) as never));
    return response;
  }

  /** The object as a provider would give it back. A preview knows nothing beyond what was asked for. */
  private deployed(type: string, inputs: Fields): Fields {
    if (this.preview) return inputs;
    if (type === 'test:index:Late') return { ...inputs, value: inputs['given'] };
    if (!type.endsWith(':MCPWorkflow')) return inputs;
    const metadata = { namespace: 'default', ...(inputs['metadata'] as Fields) };
    return { ...inputs, metadata, status: { phase: 'Healthy', activeModel: 'claude-opus-4-8' } };
  }

  /** As the engine does it: the resource's own transforms, then its parents', then the stack's. */
  private async transform(request: RegisterRequest) {
    let properties = request.getObject();
    let protect = request.getProtect() ?? false;
    const callbacks = [
      ...request.getTransformsList(),
      ...(this.transforms.get(request.getParent()) ?? []),
      ...this.stackTransforms,
    ];
    for (const callback of callbacks) {
      const asked = new resourcePb.TransformRequest();
      asked.setType(request.getType());
      asked.setName(request.getName());
      asked.setCustom(request.getCustom());
      asked.setParent(request.getParent());
      asked.setProperties(properties);
      const options = new resourcePb.TransformResourceOptions();
      options.setProtect(protect);
      asked.setOptions(options);
      const told = resourcePb.TransformResponse.deserializeBinary(await this.call(callback, asked.serializeBinary()));
      properties = told.getProperties();
      protect = told.getOptions()?.getProtect() ?? protect;
    }
    return { properties, protect };
  }

  private call(callback: Callback, request: Uint8Array): Promise<Uint8Array> {
    const target = callback.getTarget();
    const client = this.clients.get(target) ?? new CallbacksClient(target, credentials.createInsecure());
    this.clients.set(target, client);
    const invoke = new callbackPb.CallbackInvokeRequest();
    invoke.setToken(callback.getToken());
    invoke.setRequest(request);
    return new Promise((resolve, reject) => {
      client.invoke(invoke, (error, response) => (error ? reject(error) : resolve(response.getResponse_asU8())));
    });
  }
}

function urnOf(request: RegisterRequest): string {
  const parentType = request.getParent().split('::')[2];
  const inStack = parentType === undefined || parentType === 'pulumi:pulumi:Stack';
  const type = inStack ? request.getType() : `${parentType}$${request.getType()}`;
  return `urn:pulumi:${STACK}::${PROJECT}::${type}::${request.getName()}`;
}

/** An object without a name gets one, as Pulumi's provider for Kubernetes gives it before anything is created. */
function named(request: RegisterRequest, inputs: Fields): Fields {
  if (!request.getType().startsWith('kubernetes:')) return inputs;
  return { ...inputs, metadata: { name: `${request.getName()}-0a1b2c3d`, ...(inputs['metadata'] as Fields) } };
}

function idOf(name: string, inputs: Fields): string {
  const metadata = inputs['metadata'] as Fields | undefined;
  const parts = [metadata?.['namespace'], metadata?.['name'] ?? name].filter((part) => typeof part === 'string');
  return parts.join('/');
}

/** A unary handler from a function that answers, perhaps later. */
function answer<Request, Response>(respond: (request: Request) => Response | Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    Promise.resolve(call.request)
      .then(respond)
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback({ code: status.INTERNAL, details: String(error) }),
      );
  };
}

/** Every method of a service, refused: a test learns at once that the program asked for more than is faked. */
function unimplemented(service: object): UntypedServiceImplementation {
  const refuse = (_call: unknown, callback: sendUnaryData<unknown>): void =>
    callback({ code: status.UNIMPLEMENTED, details: 'the fake engine does not have this' });
  return Object.fromEntries(Object.keys(service).map((method) => [method, refuse]));
}
