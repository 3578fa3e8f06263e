/** Where a call came from, as far as trusted parts of the transport say. Kept with audit and events. */
export interface RequestOrigin {
  readonly requestId: string
  /** W3C Trace Context of the request's span. */
  readonly traceparent: string
  /** The client's network: the address with its host part masked (/24, /48). Never the full address. */
  readonly network: string
  /** The client's own name for itself, cut to 256 characters. */
  readonly agent: string
  /** The town and country that the load balancer takes the address for, where it says so. */
  readonly place?: string
}
