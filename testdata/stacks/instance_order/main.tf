resource "terraform_data" "n" {
  count = 12
}

resource "terraform_data" "k" {
  for_each = toset(["9", "10", "a.b[0]"])
}

module "m" {
  source = "./m"
  count  = 2
}
