"""python -m tools.cost: write docs/cost.md and its sums."""

from tools.cost import page

if __name__ == "__main__":
    page.write()
    print(f"{page.PAGE.relative_to(page.ROOT)} written")
