"""FastAPI with SQLAlchemy's ORM, one insert a request: `python orm.py DATABASE_URL`."""
# pyright: basic, reportMissingImports=false

import asyncio
import sys
import uuid

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class Upgrade(Base):
    """What was asked for."""

    __tablename__ = "upgrade"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    instance: Mapped[str]
    target: Mapped[str]
    reason: Mapped[str]


class Asked(BaseModel):
    """The body."""

    instance: str
    target: str
    reason: str


async def main(url: str) -> None:
    """Serve on a free port, and print it."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+psycopg://"), pool_size=16, max_overflow=0)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    session = async_sessionmaker(engine, expire_on_commit=False)
    app = FastAPI()

    @app.post("/upgrades", status_code=202)
    async def ask(asked: Asked) -> dict[str, str]:
        async with session() as unit:
            upgrade = Upgrade(**asked.model_dump())
            unit.add(upgrade)
            await unit.commit()
        return {"id": str(upgrade.id)}

    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn sets no event
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
