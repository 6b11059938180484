resource "terraform_data" "a" {
  input = [1, terraform_data.a.id]
}

resource "terraform_data" "b" {
  input = 1
  lifecycle {
    precondition {
      condition     = terraform_data.b.id != ""
      error_message = "b"
    }
  }
}

module "c" {
  source     = "./c"
  depends_on = [module.c]
}

resource "terraform_data" "d" {
  count = 2
  lifecycle {
    replace_triggered_by = [terraform_data.d[0]]
  }
}
