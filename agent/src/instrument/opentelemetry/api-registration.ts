/**
 * Registers our providers when the application loads `@opentelemetry/api`, and not before: an application without it pays nothing. The
 * API's registration is first come, first served, so ours makes room when the application registers its own SDK.
 */
import type { TracerProvider } from '@opentelemetry/api'
import type { Recorder } from '../../recorder/recorder.ts'
import { attempt, guarded } from '../../guard/guard.ts'
import { manualRoot } from '../../recorder/kinds/manual-root.ts'
import { manualSpan } from '../../recorder/kinds/manual-span.ts'
import type { Instrumentation } from '../instrumentation.ts'
import { propagator } from './propagator.ts'
import { SpyglassTracerProvider, contextManager, manualParentIn } from './tracer-provider.ts'

interface ApiGlobal {
  version: string
  trace?: unknown
  context?: unknown
  propagation?: unknown
}

type RegisterGlobal = (type: string, instance: unknown, ...rest: unknown[]) => boolean

export const openTelemetryApi: Instrumentation = {
  name: 'opentelemetry-api',
  package: '@opentelemetry/api',
  versions: ['1.0.0', '2.0.0'],
  by: 'module hook',
  records: 'spans that the application and OpenTelemetry instrumentations make; the context they need',
  kinds: [manualSpan.name, manualRoot.name],
  forms: ['esm', 'cjs', 'tsx'],
  mark: 'OpenTelemetry Context Key SPAN',
  attach({ recorder }) {
    const registration = new ApiRegistration(recorder)
    const apply = (register: RegisterGlobal, version: string): RegisterGlobal => registration.copyLoaded(register, version)
    return [
      {
        file: /^(?!build\/es).*\/internal\/global-utils\.c?js$/,
        // The variable that holds the version is named by whatever compiled the copy.
        append: (call) =>
          `exports.registerGlobal = ${call} exports.registerGlobal, (typeof require_version === 'object' ? require_version : version_1).VERSION)`,
        apply,
      },
      {
        // Before 1.10 the folders esm and esnext hold modules whose names end in .js; bundlers take those.
        file: /^(?:build\/es(?:m|next)\/internal\/global-utils\.js|.*\/internal\/global-utils\.mjs)$/,
        append: (call) => `registerGlobal = ${call} registerGlobal, VERSION)`,
        apply,
      },
    ]
  },
}

/** One for the process: several copies of the API share one global object. */
export class ApiRegistration {
  readonly #recorder: Recorder
  readonly #provider: SpyglassTracerProvider
  #own: ApiGlobal | undefined

  constructor(recorder: Recorder) {
    this.#recorder = recorder
    this.#provider = new SpyglassTracerProvider(recorder)
  }

  /** Registers with a copy of the API; the result takes the place of its `registerGlobal`. */
  copyLoaded(register: RegisterGlobal, version: string): RegisterGlobal {
    attempt('opentelemetry-api', () => this.#offer(version), undefined)
    const makeRoom = guarded('opentelemetry-api', (type: string, instance: unknown) => this.#makeRoom(type, instance, version))
    return (type, instance, ...rest) => {
      makeRoom(type, instance)
      return register(type, instance, ...rest)
    }
  }

  /** A copy accepts a global of its own or a later minor version. */
  #offer(version: string): void {
    const key = apiKey(version)
    const globals = globalThis as { [key]?: ApiGlobal }
    const present = globals[key]
    if (!present) {
      this.#own = { version, trace: this.#provider, context: contextManager, propagation: propagator }
      globals[key] = this.#own
      this.#recorder.manualParent = manualParentIn
      this.#recorder.hasForeignSpans = true
    } else if (present === this.#own && minorOf(version) > minorOf(present.version)) {
      present.version = version
    }
  }

  /** Any registration must find its own version; one of traces, contexts or propagation must find the place free. */
  #makeRoom(type: string, instance: unknown, version: string): void {
    const own = this.#own
    if (!own || (globalThis as Record<symbol, unknown>)[apiKey(version)] !== own) return
    own.version = version
    if (type === 'trace' && own.trace === this.#provider) {
      delete own.trace
      if (own.context === contextManager) delete own.context
      this.#provider.delegate = delegateOf(instance)
      this.#recorder.propagates = false
      this.#recorder.manualParent = () => undefined
    } else if (type === 'context' && own.context === contextManager) {
      delete own.context
    } else if (type === 'propagation' && own.propagation === propagator) {
      delete own.propagation
    }
  }
}

/** The API registers a proxy before it sets what the proxy stands for, so the delegate is asked only when it is used. */
function delegateOf(instance: unknown): TracerProvider {
  return { getTracer: (...args) => (instance as TracerProvider).getTracer(...args) }
}

const apiKey = (version: string): symbol => Symbol.for(`opentelemetry.js.api.${version.split('.')[0]}`)
const minorOf = (version: string): number => Number(version.split('.')[1])
