"""The routes of products: what can be deployed, as their files say."""

from litestar.params import FromPath
from msgspec import Struct

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.route import get
from astrolabe.api.http.services import AuthenticatedRequest, services_of
from astrolabe.domain.products.product import (
    Doctor,
    HealthCheck,
    Image,
    Migrations,
    NotesSource,
    Npm,
    Product,
    StartCommand,
)
from astrolabe.domain.products.release import Release
from astrolabe.domain.words import Kind


class ProductView(Struct, frozen=True):
    """A product as its file describes it, with what the file leaves out filled in."""

    name: str
    title: str
    npm: Npm | None
    image: Image | None
    kinds: tuple[Kind, ...]
    start: StartCommand
    health: HealthCheck
    migrations: Migrations | None
    doctor: Doctor | None
    settings: tuple[str, ...]
    notes: NotesSource | None
    release: tuple[Release, ...]


class ProductPage(Struct, frozen=True):
    """All products."""

    items: tuple[ProductView, ...]


def _view(product: Product) -> ProductView:
    return ProductView(**{name: getattr(product, name) for name in ProductView.__struct_fields__})


@get("/products", summary="List products", tag="products", scope="read")
async def list_products(request: AuthenticatedRequest) -> ProductPage:
    """List the products of the catalogue, built in and of the user's own."""
    products = services_of(request).products
    return ProductPage(tuple(_view(products[name]) for name in sorted(products)))


@get("/products/{name:str}", summary="Look at a product", tag="products", scope="read", problems=("not-found",))
async def show_product(request: AuthenticatedRequest, name: FromPath[str]) -> ProductView:
    """Return a product as its file describes it."""
    if product := services_of(request).products.get(name):
        return _view(product)
    raise ApiProblem("not-found", "No product has this name; see GET /products, or add its file.")


ROUTES = (list_products, show_product)
