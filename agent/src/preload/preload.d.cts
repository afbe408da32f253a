export declare const errors: {
  readonly SPY_AGENT_NODE: string
  readonly SPY_AGENT_START: string
}

export declare function start(): void
