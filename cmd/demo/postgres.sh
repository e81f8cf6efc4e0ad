# postgres.sh, sourced by run.sh: a PostgreSQL server of the demonstration's own,
# without a network port. It refuses to be root and then runs as the user
# postgres, in a folder of his, since he may not look into $RUN.

# start_database: sets DBDIR and DBURL.
start_database() {
  local bin base as=()
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  [ -x "$bin/postgres" ] || die "there is no PostgreSQL server: install postgresql"
  base=${XDG_CACHE_HOME:-$HOME/.cache}
  if [ "$(id -u)" = 0 ]; then
    base=$(getent passwd postgres | cut -d: -f6)
    as=(setpriv --reuid=postgres --regid=postgres --init-groups)
  fi
  DBDIR=$base/salter-demo-$(printf %s "$ROOT/$RUN" | cksum | cut -d' ' -f1)
  DBURL="postgres://postgres@/postgres?host=$DBDIR"
  [ -f "$RUN/ca/database" ] || rm -rf "$DBDIR" # of an authority that is no more
  if [ ! -f "$DBDIR/data/PG_VERSION" ]; then
    "${as[@]}" mkdir -p -m 700 "$DBDIR"
    (cd / && "${as[@]}" "$bin/initdb" -D "$DBDIR/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --data-checksums) \
      >"$RUN/log/initdb.txt" 2>&1 || die "the database could not be made; see $RUN/log/initdb.txt"
  fi
  (cd / && exec "${as[@]}" "$bin/postgres" -D "$DBDIR/data" -c listen_addresses= -c "unix_socket_directories=$DBDIR" \
    -c unix_socket_permissions=0700) >"$RUN/log/postgres.txt" 2>&1 &
  PIDS+=($!)
  wait_for 30 "the database's start" "$bin/pg_isready" -q -h "$DBDIR"
}
