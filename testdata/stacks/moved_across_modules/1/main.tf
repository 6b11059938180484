resource "terraform_data" "in" {
  input = "x"
}
resource "terraform_data" "n" {
  input = "x"
  count = 2
}
module "m" {
  source = "./m"
}
