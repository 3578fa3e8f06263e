export { type TcpProxy, type TcpProxyTarget, startTcpProxy } from './tcp-proxy.ts'
