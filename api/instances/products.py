"""The routes of products: what can be deployed, as their files say."""

from typing import Annotated

from litestar.params import PathParameter
from msgspec import Struct

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import get
from astrolabe.domain.products.product import (
    Doctor,
    HealthCheck,
    Image,
    LogPatterns,
    Migrations,
    NotesSource,
    Npm,
    Product,
    StartCommand,
    VersionProbe,
)
from astrolabe.domain.products.release import Release
from astrolabe.domain.words import Kind


class ProductView(Struct, frozen=True):
    """A product as its file describes it, with what the file leaves out filled in."""

    name: str
    """The product's name, which its file is named after."""
    title: str
    """The product's name for a reader."""
    npm: Npm | None
    """The npm package; null where the product is had as an image alone."""
    image: Image | None
    """The container image; null where the product is had as a package alone."""
    kinds: tuple[Kind, ...]
    """How it can be deployed."""
    start: StartCommand
    """How the gateway is started."""
    health: HealthCheck
    """Where the gateway says that it serves."""
    version: VersionProbe | None
    """Where the gateway says which version it is; null where it does not say."""
    log: LogPatterns
    """What its log says of migrations."""
    migrations: Migrations | None
    """Where the product keeps its own migration history; null where it does not."""
    doctor: Doctor | None
    """The product's own check after an upgrade; null where it has none."""
    settings: tuple[str, ...]
    """The settings that an instance may have."""
    notes: NotesSource | None
    """Where the notes of releases are had from; null where they stand in a file of their own, or nowhere."""
    release: tuple[Release, ...]
    """The releases that are known."""


class ProductPage(Struct, frozen=True):
    """All products."""

    items: tuple[ProductView, ...]
    """The products, by name."""


def _view(product: Product) -> ProductView:
    return ProductView(**{name: getattr(product, name) for name in ProductView.__struct_fields__})


@get("/products", summary="List products", tag="products", scope="read", narrowed=True)
async def list_products(request: AuthenticatedRequest) -> ProductPage:
    """List the products of the catalogue, built in and of the user's own."""
    products = resources_of(request).products
    return ProductPage(tuple(_view(products[name]) for name in sorted(products)))


@get(
    "/products/{name:str}",
    summary="Look at a product",
    tag="products",
    scope="read",
    narrowed=True,
    problems=("not-found",),
)
async def show_product(
    request: AuthenticatedRequest, name: Annotated[str, PathParameter(description="A product's name.")]
) -> ProductView:
    """Return a product as its file describes it."""
    if product := resources_of(request).products.get(name):
        return _view(product)
    raise ApiProblem("not-found", "No product has this name; see GET /products, or add its file.")


ROUTES = (list_products, show_product)
