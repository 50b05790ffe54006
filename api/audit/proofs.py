"""The routes of the proofs: the signed checkpoint, inclusion, consistency, and the tree's tiles."""

import base64
from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from astrolabe.api.audit.trail import last_checkpoint
from astrolabe.api.http import documentation as doc
from astrolabe.api.http.parameters import LARGEST_POSITION
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.http.route import get
from astrolabe.domain.audit.tiles import parse_path
from astrolabe.domain.audit.tlog_proof import TlogProof
from astrolabe.store.audit.checkpoints import Signed

TEXT = "text/plain; charset=utf-8"
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
NEW = {"Cache-Control": "no-store"}
MOST_LEVELS = 8
LONGEST_POSITION = 18
"""In digits."""


class InclusionProof(Struct, frozen=True):
    """An RFC 9162 inclusion proof, base64 of SHA-256 hashes; `leaf` is the exact line that was hashed."""

    position: int
    """The event's position, which is the leaf's index."""
    size: int
    """The size of the checkpoint's tree, in leaves."""
    leaf: str
    """The exact line that was hashed."""
    proof: tuple[str, ...]
    """The hashes of the path from the leaf to the root, SHA-256 in base64."""
    checkpoint: str
    """The signed checkpoint that it is proven against."""


class ConsistencyProof(Struct, frozen=True):
    """An RFC 9162 consistency proof, base64 of SHA-256 hashes."""

    first: int
    """The size of the older tree, in leaves."""
    second: int
    """The size of the newer tree, in leaves."""
    proof: tuple[str, ...]
    """The hashes that lead from the one to the other, SHA-256 in base64."""


@get(
    "/audit/checkpoint",
    summary="Read the last signed checkpoint",
    tag="audit",
    scope="read",
    media_type=TEXT,
    problems=("no-checkpoint",),
)
async def show_checkpoint(request: AuthenticatedRequest) -> Response[str]:
    """Return the last checkpoint as a signed note (C2SP tlog-checkpoint); keep it somewhere else."""
    return Response((await last_checkpoint(resources_of(request))).note, media_type=TEXT, headers=NEW)


@get(
    "/audit/proofs/inclusion/{position:str}",
    summary="Prove that an event is in the log",
    tag="audit",
    scope="read",
    problems=("parameter-invalid", "no-checkpoint", "not-in-the-tree"),
)
async def prove_inclusion(
    request: AuthenticatedRequest,
    position: Annotated[str, PathParameter(description="An event's position.")],
) -> InclusionProof:
    """Prove an event against the last checkpoint, which comes with the proof."""
    last, found = await _proven(resources_of(request), _position(position))
    return InclusionProof(found.index, last.size, found.leaf.decode(), _encoded(found.proof), last.note)


@get(
    "/audit/proofs/tlog-proof/{position:str}",
    summary="Take the proof of an event away",
    tag="audit",
    scope="read",
    trail=True,
    answers={200: doc.answer(bytes, "The proof bundle", "text/plain")},
    problems=("parameter-invalid", "no-checkpoint", "not-in-the-tree"),
)
async def show_tlog_proof(
    request: AuthenticatedRequest,
    position: Annotated[str, PathParameter(description="An event's position.")],
) -> Response[bytes]:
    """Return an event, its proof and the last checkpoint as one text that stands for itself (C2SP tlog-proof)."""
    _, found = await _proven(resources_of(request), _position(position))
    headers = NEW | {"Content-Disposition": f'attachment; filename="{found.index}.tlog-proof"'}
    return Response(found.text.encode(), media_type="text/plain", headers=headers)


@get(
    "/audit/proofs/consistency",
    summary="Prove that the log only grew",
    tag="audit",
    scope="read",
    problems=("parameter-invalid", "no-checkpoint", "not-in-the-tree"),
)
async def prove_consistency(
    request: AuthenticatedRequest,
    first: Annotated[int, QueryParameter(ge=1, le=LARGEST_POSITION, description="The older tree's size, in leaves.")],
    second: Annotated[int, QueryParameter(ge=1, le=LARGEST_POSITION, description="The newer tree's size, in leaves.")],
) -> ConsistencyProof:
    """Prove that the tree of one size holds the tree of an earlier size unchanged."""
    resources = resources_of(request)
    last = await last_checkpoint(resources)
    if first > second:
        raise ApiProblem("parameter-invalid", "first must not be larger than second: a log only grows.")
    if second > last.size:
        raise _absent(last.size)
    return ConsistencyProof(first, second, _encoded(await resources.tree.consistency(first, second)))


@get(
    "/audit/tlog/{file:path}",
    summary="Read the tree's files",
    tag="audit",
    scope="read",
    answers={200: doc.answer(bytes, "A checkpoint or a tile", "application/octet-stream")},
    problems=("no-checkpoint", "not-in-the-tree"),
)
async def show_tile(
    request: AuthenticatedRequest,
    file: Annotated[str, PathParameter(description="A file of the tree, by the path that C2SP tlog-tiles gives it.")],
) -> Response[bytes]:
    """Return `checkpoint`, `tile/LEVEL/INDEX[.p/WIDTH]` or `tile/entries/INDEX[.p/WIDTH]` (C2SP tlog-tiles)."""
    resources, path = resources_of(request), file.removeprefix("/")
    if path.startswith("tile/entries/"):
        resources.accesses.read(request, request.auth.name)
    last = await last_checkpoint(resources)
    if path == "checkpoint":
        return Response(last.note.encode(), media_type=TEXT, headers=NEW)
    tile = parse_path(path)
    if (
        tile is None
        or (tile.level or 0) >= MOST_LEVELS
        or (tile.first + tile.width) << (8 * (tile.level or 0)) > last.size
    ):
        raise _absent(last.size)
    return Response(await resources.tree.file(tile), media_type="application/octet-stream", headers=FOR_EVER)


async def _proven(resources: Resources, at: int) -> tuple[Signed, TlogProof]:
    """Prove an event against the last checkpoint; raises ApiProblem where that does not stand over it."""
    last = await last_checkpoint(resources)
    if at >= last.size:
        raise _absent(last.size)
    proof = await resources.tree.inclusion(at, last.size)
    leaves = [leaf async for leaf, _ in resources.tree.leaves(at, at + 1)]
    if not leaves:
        raise ApiProblem("not-in-the-tree", f"The log has lost its entry {at}; check an export, and ask who keeps it.")
    return last, TlogProof(leaves[0], at, tuple(proof), last.note)


def _position(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_POSITION):
        raise ApiProblem("parameter-invalid", "A position is a whole number from 0 on, such as 1250.")
    return int(text)


def _absent(size: int) -> ApiProblem:
    return ApiProblem("not-in-the-tree", f"The last checkpoint stands over {size} entries; ask for what is in them.")


def _encoded(proof: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(base64.b64encode(each).decode() for each in proof)


ROUTES = (show_checkpoint, prove_inclusion, show_tlog_proof, prove_consistency, show_tile)
