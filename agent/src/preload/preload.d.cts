export declare const errors: {
  readonly SPY_AGENT_NODE: string
  readonly SPY_AGENT_START: string
}

interface AgentModule {
  readonly startAgent: () => unknown
}

export declare function start(load: () => AgentModule | Promise<AgentModule>): Promise<void> | undefined
