-- What is delivered of products that the gateway makes, as canonical JSON. Its SHA-256 stands in the product's content, which is sealed.
CREATE TABLE product_materials (
  product TEXT NOT NULL,
  version INTEGER NOT NULL,
  org TEXT NOT NULL,
  json BLOB NOT NULL,
  PRIMARY KEY (product, version)
) STRICT;
