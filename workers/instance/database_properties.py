"""A database's properties: settings, rights, limit, owner, comment and labels, which a copy by TEMPLATE lacks."""

from typing import Any

from astrolabe.domain.kinds.postgres import quote
from astrolabe.store.database import Connection

SETTINGS = """
SELECT r.rolname, unnest(s.setconfig) FROM pg_db_role_setting s
JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE d.datname = $1
"""
RIGHTS = """
SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, a.privilege_type, a.is_grantable
FROM pg_database d CROSS JOIN aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE d.datname = $1 AND a.grantee <> d.datdba
"""
OWN = """
SELECT d.datacl IS NOT NULL, d.datconnlimit, r.rolname, current_user
FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = $1
"""
WORDS = """
SELECT 'COMMENT', '', shobj_description(d.oid, 'pg_database') FROM pg_database d WHERE d.datname = $1
UNION ALL SELECT 'SECURITY LABEL', 'FOR ' || quote_ident(l.provider), l.label
FROM pg_shseclabel l JOIN pg_database d ON d.oid = l.objoid
WHERE l.classoid = 'pg_database'::regclass AND d.datname = $1
"""

# Stored with their elements quoted already; a literal around the whole would make one element of the list.
LISTS = {"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"}


async def ask(connection: Connection, query: str, *arguments: object) -> Any:
    """Ask for one value."""
    return await connection.fetchval(query, *arguments)


async def has(connection: Connection, name: str) -> bool:
    """Return whether the server has a database of this name."""
    return bool(await ask(connection, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name))


async def property_statements(connection: Connection, source: str, copy: str) -> list[str]:
    """List the statements that give a copy the properties of its source."""
    there = f"DATABASE {quote(copy)}"
    statements: list[str] = []
    for role, setting in await connection.fetch(SETTINGS, source):
        name, _, value = setting.partition("=")
        literal = value if name in LISTS else await ask(connection, "SELECT quote_literal($1::text)", value)
        whose = f"ROLE {quote(role)} IN {there}" if role else there
        statements.append(f"ALTER {whose} SET {quote(name)} TO {literal}")
    guarded, limit, owner, current = await connection.fetchrow(OWN, source) or (False, -1, "", "")
    if guarded:
        statements.append(f"REVOKE ALL ON {there} FROM PUBLIC")
    for grantee, privilege, grantable in await connection.fetch(RIGHTS, source):
        option = " WITH GRANT OPTION" if grantable else ""
        statements.append(f"GRANT {privilege} ON {there} TO {grantee}{option}")
    for what, provider, words in await connection.fetch(WORDS, source):
        if words is not None:
            literal = await ask(connection, "SELECT quote_literal($1::text)", words)
            statements.append(f"{what} {provider} ON {there} IS {literal}")
    if limit >= 0:
        statements.append(f"ALTER {there} CONNECTION LIMIT {limit}")
    if owner != current:
        statements.append(f"ALTER {there} OWNER TO {quote(owner)}")
    return statements
