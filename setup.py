"""The packages of the wheel: the library, and the recipes beside it."""

from setuptools import find_namespace_packages, find_packages, setup

recipes = ["recipes", *(f"recipes.{p}" for p in find_namespace_packages("recipes"))]

setup(
    packages=[
        *find_packages(include=["kerasgen", "kerasgen.*"]),
        *(f"kerasgen.{name}" for name in recipes),
    ],
    package_dir={"kerasgen.recipes": "recipes"},
    package_data={
        "kerasgen": ["py.typed"],
        "kerasgen.recipes": ["README.md", "results.jsonl"],
    },
    py_modules=["kerasgen_command"],
)
