/** What an exported function is: a factory, a request handler, or a Fastify plugin. */

export type FunctionRole = 'factory' | 'handler' | 'fastify-plugin'

type AnyFunction = (...args: never[]) => unknown

/** Set by fastify-plugin on what it wraps. */
const PLUGIN_MARKS = [Symbol.for('skip-override'), Symbol.for('plugin-meta')]

/**
 * A function of one parameter or none is a factory; one of two or more is a handler, unless fastify-plugin has marked it or its first
 * parameter is named `fastify`, `app` or `instance`, as in Fastify's documentation.
 */
export function roleOf(value: AnyFunction): FunctionRole {
  if (PLUGIN_MARKS.some((mark) => mark in value)) return 'fastify-plugin'
  const [first, second] = parametersOf(value)
  if (first === 'fastify' || first === 'fastifyInstance') return 'fastify-plugin'
  if (value.length < 2 && second === undefined) return 'factory'
  return first === 'app' || first === 'instance' ? 'fastify-plugin' : 'handler'
}

/** The names of the first two parameters, where they have names. */
function parametersOf(value: AnyFunction): readonly (string | undefined)[] {
  const text = Function.prototype.toString.call(value)
  const list = /^(?:async\s*)?(?:function\s*\*?\s*[\w$]*\s*)?\(?\s*([\w$]+)\s*(?:=[^,)]*)?(?:,\s*([\w$]+))?/.exec(text)
  return [list?.[1], list?.[2]]
}
