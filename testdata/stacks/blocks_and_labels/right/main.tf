# What stands in "_" is an argument like any other, and a connection that nothing uses does no harm.
resource "terraform_data" "a" {
  _ {
    input = 1
  }
  connection {
    host = "nobody"
  }
}

module "m" {
  source = "./m"
  _ {
    v = 2
  }
}
