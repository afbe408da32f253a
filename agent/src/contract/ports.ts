/** Default ports; `--port-offset N` adds N to each. Everything listens on the loopback address unless configured. */
export const defaultPorts = {
  application: 8080,
  management: 8778,
  otlpHttp: 4318,
  otlpGrpc: 4317,
  clickhouse: 8123,
  console: 8900,
  snmp: 1161,
} as const

export const LOOPBACK = '127.0.0.1'
