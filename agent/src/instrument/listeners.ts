/** Listeners that are recorded: another function is registered in their place, and they are removed as before. */
import type { EventEmitter } from 'node:events'
import { attempt } from '../guard/guard.ts'

type Listener = (this: never, ...args: never[]) => unknown
type Register = (this: EventEmitter, event: string | symbol, listener: Listener) => EventEmitter
/** What is registered in place of a listener; undefined leaves it. */
type Replace = (event: string | symbol, listener: Listener, emitter: EventEmitter) => Listener | undefined

const METHODS = ['on', 'addListener', 'prependListener'] as const
/** Node's own wrap the listener and register the wrapper by these: behind that, the application's function would not be found to be removed. */
const ONCE = { once: 'on', prependOnceListener: 'prependListener' } as const

/** Functions of ours, which `rawListeners` gives to the application as well. */
const registered = new WeakSet<Listener>()

export function patchListeners(prototype: object, replace: Replace): void {
  const methods = prototype as Record<(typeof METHODS)[number] | keyof typeof ONCE, Register>
  const replacement: Replace = (event, listener, emitter) =>
    typeof listener === 'function' && !registered.has(listener)
      ? attempt('listeners', () => replace(event, listener, emitter), undefined)
      : undefined
  for (const method of METHODS) {
    const original = methods[method]
    methods[method] = function patchedRegister(event, listener) {
      const other = replacement(event, listener, this)
      return original.call(this, event, other ? inPlaceOf(listener, other) : listener)
    }
  }
  for (const [method, register] of Object.entries(ONCE) as [keyof typeof ONCE, 'on' | 'prependListener'][]) {
    const original = methods[method]
    methods[method] = function patchedOnce(event, listener) {
      const other = replacement(event, listener, this)
      return other
        ? this[register](event, inPlaceOf(listener, onceOnly(this, event, other)) as never)
        : original.call(this, event, listener)
    }
  }
}

/** Node finds a listener to remove by this property as well, and shows it instead of the other. */
function inPlaceOf(listener: Listener, other: Listener): Listener {
  registered.add(other)
  return Object.assign(other, { listener })
}

function onceOnly(emitter: EventEmitter, event: string | symbol, listener: Listener): Listener {
  let isFired = false // an emit within an emit reaches it a second time
  return function calledOnce(...args) {
    if (isFired) return undefined
    isFired = true
    emitter.removeListener(event, calledOnce as never)
    return listener.apply(this, args)
  }
}
