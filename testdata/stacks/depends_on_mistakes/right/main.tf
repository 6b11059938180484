resource "terraform_data" "one" {}

resource "terraform_data" "many" {
  count = 1
}

module "m" {
  source = "./m"
}

resource "terraform_data" "a" {
  depends_on = [
    terraform_data.one,
    terraform_data.many,
    terraform_data.many[0],
    terraform_data.many[7],
    module.m,
    module.m.o,
    module.m.nope,
    module.m[0],
    path.module,
    terraform.workspace,
  ]
}
