import { errorsOf } from '../contract/errors.ts'

export const errors = {
  SPY_AGENT_DOCTOR_FOLDER: '%s is not a folder: name the folder of an application, with its package.json and node_modules',
} as const

export const fail = errorsOf(errors)
