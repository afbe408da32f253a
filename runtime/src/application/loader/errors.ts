import { errorsOf } from '@spyglass/agent/contract'

/** Errors of an application's loader. */
export const loaderErrors = {
  SPY_MODULE_DENIED:
    'the module %s, which %s asks for, is denied by a rule of its loader (loader.rules in spyglass.app.yaml, or a module of the server)',
  SPY_MODULE_OUTSIDE:
    'the module %s, which %s asks for, was found only outside the application, as %s; nothing is resolved above %s. Install it in the application, or widen "loader.root" or "loader.repositories" in spyglass.app.yaml.',
} as const

export const fail = errorsOf(loaderErrors)
