import { errorsOf } from '../contract/errors.ts'

export const errors = {
  SPY_OTLP_HEADER: 'the header %s cannot be sent: its name or its value has characters that HTTP does not allow',
  SPY_OTLP_ENDPOINT: 'the OTLP endpoint %s is not an http or https URL: write it as http://host:4318',
} as const

export const fail = errorsOf(errors)
