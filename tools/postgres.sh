#!/usr/bin/env bash
# A throw-away PostgreSQL on 127.0.0.1 for tests and trials, for root and for anybody else:
#   tools/postgres.sh start|stop|purge|url
#   export HUB_TEST_PG="$(tools/postgres.sh url)"
set -euo pipefail
PGBIN=${PGBIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)}
[ -n "$PGBIN" ] || { echo "PostgreSQL is not installed: apt-get install postgresql" >&2; exit 1; }
PGPORT=${PGPORT:-54329}
PGROOT=${PGROOT:-/var/tmp/hub-postgres-$PGPORT} # where the user postgres can get to, since initdb refuses root

as() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

case "${1:-}" in
  start)
    mkdir -p "$PGROOT"
    [ "$(id -u)" != 0 ] || chown postgres "$PGROOT"
    [ -f "$PGROOT/data/PG_VERSION" ] ||
      as "$PGBIN/initdb" -D "$PGROOT/data" -U hub -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    as "$PGBIN/pg_ctl" -D "$PGROOT/data" -w -l "$PGROOT/log" \
      -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=400 -c shared_buffers=256MB \
          -c checkpoint_timeout=1h -c max_wal_size=8GB -c autovacuum_naptime=10s" start >/dev/null
    as "$PGBIN/createdb" -h 127.0.0.1 -p "$PGPORT" -U hub hub 2>/dev/null || true
    ;;
  stop) as "$PGBIN/pg_ctl" -D "$PGROOT/data" -m fast -w stop >/dev/null ;;
  purge)
    as "$PGBIN/pg_ctl" -D "$PGROOT/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$PGROOT"
    ;;
  url) echo "Host=127.0.0.1;Port=$PGPORT;Username=hub;Database=hub" ;;
  *) sed -n 2,4p "$0" && exit 2 ;;
esac
