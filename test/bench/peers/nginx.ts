/** One worker that serves a directory's key set and discovery, in the foreground and away from the machine's own nginx. */
export function nginxConfiguration({ directory, port }: { directory: string; port: number }): string {
  return `
    daemon off;
    master_process off;
    pid ${directory}/nginx.pid;
    error_log stderr warn;
    events { worker_connections 512; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      open_file_cache max=10;
      types { application/json json; }
      client_body_temp_path ${directory}/body;
      proxy_temp_path ${directory}/proxy;
      fastcgi_temp_path ${directory}/fastcgi;
      uwsgi_temp_path ${directory}/uwsgi;
      scgi_temp_path ${directory}/scgi;
      server {
        listen 127.0.0.1:${port};
        root ${directory};
        location = /health/live { return 200 'ok'; }
        location = /.well-known/jwks.json { alias ${directory}/jwks.json; add_header cache-control "public, max-age=300"; }
        location = /.well-known/openid-configuration { alias ${directory}/openid-configuration.json; add_header cache-control "public, max-age=300"; }
      }
    }
  `
}
