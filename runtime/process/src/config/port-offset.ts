import { fail } from './errors.ts'

/** @throws SPY_ARGUMENT_INVALID when it is not a whole number from 0 to 50000. */
export function parseOffset(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d{1,5}$/.test(value) || Number(value) > 50_000)
    throw fail('SPY_ARGUMENT_INVALID', ['--port-offset', `${value}: a whole number from 0 to 50000`])
  return Number(value)
}
