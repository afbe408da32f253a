/**
 * Questions of a request to the resolver of names, by callback and promise: what a socket asks before it connects, and what the application asks itself. Node publishes no
 * channel for them. Functions are replaced before the application gets them; `net` finds `lookup` among the exports at each connection.
 */
import { isIP } from 'node:net'
import process from 'node:process'
import { attempt } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { bound, currentRecord } from '../recorder/context.ts'
import { dnsLookup } from '../recorder/kinds/dns-lookup.ts'
import { callSitesOf, type HttpCall, httpCall } from '../recorder/kinds/http-call.ts'
import { now } from '../recorder/clock.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import type { Instrumentation } from './instrumentation.ts'
import { passedOn } from './passed-on.ts'

type Method = (this: unknown, ...args: unknown[]) => unknown
type Owner = Record<string, Method>
type Library = Owner & { readonly Resolver: { readonly prototype: Owner }; readonly promises: Library }

export const dns: Instrumentation = {
  name: 'dns',
  by: 'module hook',
  records: 'lookups of names in a request, inside the call that waits for them',
  kinds: [dnsLookup.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach({ recorder }) {
    // Sockets ask without loading it: it is loaded here, which takes less than a millisecond.
    const library = process.getBuiltinModule('node:dns') as unknown as Library
    for (const owner of [library, library.promises, library.Resolver.prototype, library.promises.Resolver.prototype])
      for (const name of Object.getOwnPropertyNames(owner).filter((each) => /^(?:lookup$|resolve|reverse$)/.test(each)))
        owner[name] = recordedLookup(owner[name] as Method, recorder, name === 'reverse' ? () => true : isName)
  },
}

/** An address needs no resolver: a server that listens on one looks it up all the same. */
const isName = (question: string): boolean => isIP(question) === 0

/** Whatever else the function has tells `util.promisify` what it gives. */
function recordedLookup(original: Method, recorder: Recorder, isQuestion: (text: string) => boolean): Method {
  const recorded: Method = function lookUp(...args) {
    const [question] = args
    const isAsked = typeof question === 'string' && isQuestion(question)
    const asked = isAsked ? attempt('dns.lookup', () => begun(recorder, question, recorded), undefined) : undefined
    if (!asked) return original.apply(this, args)
    const at = args.findLastIndex((arg) => typeof arg === 'function')
    if (at > 0) args[at] = ending(args[at] as Method, asked)
    const result = original.apply(this, args)
    return at > 0 ? result : passedOn(result as Promise<unknown>, asked)
  }
  return Object.defineProperties(recorded, Object.getOwnPropertyDescriptors(original))
}

function ending(callback: Method, asked: Asked): Method {
  return bound((error: unknown, ...rest: unknown[]) => {
    asked.end(error ?? undefined)
    return callback(error, ...rest)
  })
}

interface Asked {
  end(error?: unknown): void
}

/** It becomes a child when it ends: `http.request` asks before its own call is known. Nothing outside of a request: the agent asks there, too. */
function begun(recorder: Recorder, question: string, calledFrom: Method): Asked | undefined {
  const asking = currentRecord()
  if (!asking) return undefined
  const [startMs, from] = [now(), callSitesOf(question)?.capture(asking.routeTemplate, calledFrom)]
  const ended = (error: unknown): void => {
    const record = currentRecord()
    recorder.startChildOf(dnsLookup, { question }, { record, parent: record && callTo(question, record), startMs, from }).end(error)
  }
  return { end: (error) => attempt('dns.end', () => ended(error), undefined) }
}

/** The call that waits for it: the last that has begun. */
const callTo = (host: string, { children }: TraceRecord): Child | undefined =>
  children?.findLast((child) => isOpenCall(child) && URL.parse(child.detail.origin)?.hostname === host)

const isOpenCall = (child: Child): child is Child<HttpCall> => (child.kind as object) === httpCall && !child.ended
