import { notEmulated } from '../rpc/status-error.ts'

export type ListRequest = {
  parent: string
  pageSize: number
  pageToken: string
  filter: string
  orderBy: string
}

/** Refuses to list with a filter or an order, which would be ignored here. */
export function refuseFilters({ filter, orderBy }: ListRequest): void {
  if (filter !== '' || orderBy !== '') throw notEmulated('filter and order_by')
}
